"""Who may do what: every endpoint by every role. An endpoint without a row fails the test."""

from uuid import uuid4

import pytest

from api.main import create_admin_app, create_public_app
from api.parts import Parts
from infrastructure.settings import Settings
from tests.api.conftest import Door

ANYBODY = frozenset({None, "ada", "officer", "operator", "admin"})
USERS = ANYBODY - {None}
APPLICANT = frozenset({"ada"})
STAFF = frozenset({"officer", "operator", "admin"})
DECIDERS, OPERATORS, ADMIN = frozenset({"officer", "admin"}), frozenset({"operator", "admin"}), frozenset({"admin"})

DOORS: dict[str, frozenset[str | None]] = {
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /metrics": ANYBODY,
    "POST /api/v1/auth/token": ANYBODY,
    "POST /api/v1/customers": ANYBODY,
    "GET /api/v1/me": USERS,
    "POST /api/v1/me/documents": APPLICANT,
    "GET /api/v1/me/documents": APPLICANT,
    "GET /api/v1/me/documents/{document_id}": APPLICANT,
    "GET /api/v1/products": USERS,
    "GET /api/v1/calendars/{country}": USERS,
    "POST /api/v1/quotes": USERS,
    "POST /api/v1/loans": APPLICANT,
    "GET /api/v1/loans": APPLICANT,
    "GET /api/v1/loans/{loan_id}": APPLICANT,
    "GET /api/v1/loans/{loan_id}/schedule": APPLICANT,
    "GET /api/v1/loans/{loan_id}/transactions": APPLICANT,
    "GET /api/v1/loans/{loan_id}/decision": APPLICANT,
    "GET /api/v1/loans/{loan_id}/offer": APPLICANT,
    "GET /api/v1/loans/{loan_id}/offer/agreement.pdf": APPLICANT,
    "GET /api/v1/loans/{loan_id}/offers": APPLICANT,
    "GET /api/v1/loans/{loan_id}/payoff": APPLICANT,
    "POST /api/v1/loans/{loan_id}/accept": APPLICANT,
    "GET /api/v1/loans/{loan_id}/information": APPLICANT,
    "POST /api/v1/loans/{loan_id}/information": APPLICANT,
    "POST /api/v1/loans/{loan_id}/withdraw": APPLICANT,
    "POST /api/v1/loans/{loan_id}/withdraw-from-credit": APPLICANT,
    "POST /api/v1/loans/{loan_id}/payments": APPLICANT,
    "POST /api/v1/loans/{loan_id}/mandate": APPLICANT,
    "POST /api/v1/loans/{loan_id}/mandate/revoke": APPLICANT,
    "POST /api/v1/webhooks/{provider}": frozenset(),  # by signature, not by token
    "POST /api/sandbox/loans/{loan_id}/advance": USERS,
    "POST /api/admin/v1/auth/token": ANYBODY,
    "GET /api/admin/v1/applications": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/assignment": DECIDERS,
    "POST /api/admin/v1/loans/{loan_id}/comments": STAFF,
    "GET /api/admin/v1/loans/{loan_id}/correspondence": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/renew-offer": DECIDERS,
    "GET /api/admin/v1/delegations": STAFF,
    "POST /api/admin/v1/delegations": DECIDERS,
    "POST /api/admin/v1/delegations/{delegation_id}/revoke": DECIDERS,
    "GET /api/admin/v1/loans": STAFF,
    "GET /api/admin/v1/loans/{loan_id}": STAFF,
    "GET /api/admin/v1/loans/{loan_id}/offer/agreement.pdf": STAFF,
    "GET /api/admin/v1/loans/{loan_id}/schedule": STAFF,
    "GET /api/admin/v1/loans/{loan_id}/documents": STAFF,
    "GET /api/admin/v1/loans/{loan_id}/documents/{document_id}": STAFF,
    "GET /api/admin/v1/loans/{loan_id}/transactions": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/decision": DECIDERS,
    "POST /api/admin/v1/loans/{loan_id}/payments": OPERATORS,
    "POST /api/admin/v1/loans/{loan_id}/retry-payout": OPERATORS,
    "POST /api/admin/v1/loans/{loan_id}/cancel": OPERATORS,
    "POST /api/admin/v1/loans/{loan_id}/withdraw-from-credit": OPERATORS,
    "GET /api/admin/v1/products": STAFF,
    "POST /api/admin/v1/products": ADMIN,
    "GET /api/admin/v1/products/{code}/versions": STAFF,
    "GET /api/admin/v1/products/{code}/versions/{version}": STAFF,
    "GET /api/admin/v1/products/{code}/versions/{version}/compare/{other}": STAFF,
    "POST /api/admin/v1/products/{code}/versions": ADMIN,
    "POST /api/admin/v1/products/{code}/versions/{version}/retire": ADMIN,
    "POST /api/admin/v1/products/{code}/policy/dry-run": STAFF,
    "GET /api/admin/v1/users": ADMIN,
    "POST /api/admin/v1/users": ADMIN,
    "POST /api/admin/v1/loans/{loan_id}/reversals": OPERATORS,
    "POST /api/admin/v1/loans/{loan_id}/charges": OPERATORS,
    "POST /api/admin/v1/loans/{loan_id}/waivers": DECIDERS,
    "POST /api/admin/v1/loans/{loan_id}/credit-refunds": OPERATORS,
    "POST /api/admin/v1/loans/{loan_id}/charge-off": DECIDERS,
    "POST /api/admin/v1/loans/{loan_id}/payments/preview": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/reversals/preview": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/charges/preview": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/waivers/preview": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/credit-refunds/preview": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/charge-off/preview": STAFF,
    "GET /api/admin/v1/receipts": STAFF,
    "POST /api/admin/v1/receipts": OPERATORS,
    "GET /api/admin/v1/receipts/{receipt_id}": STAFF,
    "POST /api/admin/v1/receipts/{receipt_id}/match": OPERATORS,
    "POST /api/admin/v1/receipts/{receipt_id}/match/preview": STAFF,
    "POST /api/admin/v1/receipts/{receipt_id}/return": OPERATORS,
    "POST /api/admin/v1/loans/{loan_id}/review-payout": OPERATORS,
    "POST /api/admin/v1/loans/{loan_id}/review-debit": OPERATORS,
    "GET /api/admin/v1/queues/operations": STAFF,
    "POST /api/admin/v1/close-of-business": OPERATORS,
    "GET /api/admin/v1/portfolio": STAFF,
    "GET /api/admin/v1/event-endpoints": OPERATORS,
    "POST /api/admin/v1/event-endpoints": ADMIN,
    "GET /api/admin/v1/event-endpoints/{endpoint_id}": OPERATORS,
    "GET /api/admin/v1/event-endpoints/{endpoint_id}/deliveries": OPERATORS,
    "POST /api/admin/v1/event-endpoints/{endpoint_id}/rotate-secret": ADMIN,
    "POST /api/admin/v1/event-endpoints/{endpoint_id}/enable": ADMIN,
    "POST /api/admin/v1/event-endpoints/{endpoint_id}/disable": ADMIN,
    "POST /api/admin/v1/event-endpoints/{endpoint_id}/redeliver": OPERATORS,
    "GET /api/admin/v1/reconciliations": STAFF,
    "POST /api/admin/v1/reconciliations": OPERATORS,
    "GET /api/admin/v1/reconciliations/{reconciliation_id}": STAFF,
    "GET /api/admin/v1/ledger/trial-balance": STAFF,
    "GET /api/admin/v1/ledger/audit": STAFF,
    "GET /api/admin/v1/ledger/periods": STAFF,
    "POST /api/admin/v1/ledger/periods": ADMIN,
}
WITHOUT_A_TOKEN = {"POST /api/v1/auth/token", "POST /api/admin/v1/auth/token", "POST /api/v1/webhooks/{provider}"}


def test_every_endpoint_has_a_row(api_settings: Settings, parts: Parts) -> None:
    apps = (create_public_app(api_settings, parts), create_admin_app(api_settings, parts))
    published = {
        f"{method.upper()} {path}"
        for app in apps
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    assert published == set(DOORS)


@pytest.mark.parametrize("who", [None, "ada", "officer", "operator", "admin"])
@pytest.mark.parametrize("endpoint", DOORS)
async def test_a_role_gets_in_where_it_may(door: Door, endpoint: str, who: str | None) -> None:
    method, template = endpoint.split(" ")
    names = dict.fromkeys(
        ("delegation_id", "loan_id", "receipt_id", "endpoint_id", "reconciliation_id", "document_id"), uuid4()
    )
    path = template.format(**names, provider="kyc", code="personal", version=77, other=78, country="US")
    answer = await (door.get(who, path) if method == "GET" else door.post(who, path, {}))
    if endpoint in WITHOUT_A_TOKEN:
        assert answer.status_code in {401, 422}, answer.text  # the body is nobody's password, and signed by nobody
    elif who in DOORS[endpoint]:
        assert answer.status_code not in {401, 403}, answer.text
        assert answer.status_code < 500, answer.text
    else:
        expected = 401 if who is None else 403
        assert answer.status_code == expected, answer.text
