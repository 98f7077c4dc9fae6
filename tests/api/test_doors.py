"""Who may do what: every endpoint by every role, on every kind of loan. An endpoint without a row fails the test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response

from api.main import create_admin_app, create_public_app
from api.parts import Parts
from domain.commands import Decide, OfficerVerdict
from domain.errors import NotYourBranch
from domain.people import MAIN_BRANCH, Role
from domain.status import LoanStatus
from infrastructure.postgres.users import User
from infrastructure.settings import Settings
from tests.api.conftest import Door, People
from tests.api.desk import StraightDesk, now

Roles = frozenset[Role | None]
ANYBODY: Roles = frozenset({None, *Role})
USERS = ANYBODY - {None}
APPLICANT: Roles = frozenset({Role.APPLICANT})
STAFF = USERS - APPLICANT
DECIDERS: Roles = frozenset({Role.OFFICER, Role.ADMIN})
OPERATORS: Roles = frozenset({Role.OPERATOR, Role.ADMIN})
ADMIN: Roles = frozenset({Role.ADMIN})

DOORS: dict[str, Roles] = {
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /metrics": ANYBODY,
    "POST /api/v1/auth/token": ANYBODY,
    "POST /api/v1/auth/refresh": ANYBODY,
    "POST /api/v1/auth/sign-out": ANYBODY,
    "POST /api/v1/sign-ins/end": USERS,
    "POST /api/v1/customers": ANYBODY,
    "GET /api/v1/me": USERS,
    "GET /api/v1/me/export": APPLICANT,
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
    "POST /api/admin/v1/auth/refresh": ANYBODY,
    "POST /api/admin/v1/auth/sign-out": ANYBODY,
    "POST /api/admin/v1/sign-ins/end": USERS,
    "GET /api/admin/v1/applications": STAFF,
    "POST /api/admin/v1/loans/{loan_id}/assignment": DECIDERS,
    "POST /api/admin/v1/loans/{loan_id}/recheck": DECIDERS,
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
    "GET /api/admin/v1/branches": STAFF,
    "POST /api/admin/v1/branches": ADMIN,
    "POST /api/admin/v1/users/{user_id}/branches": ADMIN,
    "POST /api/admin/v1/users/{user_id}/unlock": ADMIN,
    "POST /api/admin/v1/users/{user_id}/sign-ins/end": ADMIN,
    "POST /api/admin/v1/users/{user_id}/disable": ADMIN,
    "POST /api/admin/v1/users/{user_id}/enable": ADMIN,
    "GET /api/admin/v1/door-log": ADMIN,
    "POST /api/admin/v1/codec/decode": STAFF,
    "POST /api/admin/v1/codec/encode": STAFF,
    "POST /api/admin/v1/customers/{customer_id}/erase": ADMIN,
    "GET /api/admin/v1/customers/{customer_id}/export": ADMIN,
    "GET /api/admin/v1/keys": ADMIN,
    "POST /api/admin/v1/keys/rotate": ADMIN,
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
WITHOUT_A_TOKEN = {"POST /api/v1/webhooks/{provider}", *(endpoint for endpoint in DOORS if "/auth/" in endpoint)}
OF_A_LOAN = [endpoint for endpoint in DOORS if "{loan_id}" in endpoint]
DEEDS = [
    endpoint for endpoint in OF_A_LOAN if endpoint.startswith("POST /api/admin/") and not endpoint.endswith("/preview")
]
LISTS = [endpoint for endpoint in DOORS if endpoint.startswith("GET /api/") and "{" not in endpoint]

NORTH = "north"
# Who comes to the door, and the branches whose loans each sees; None: all.
PEOPLE: dict[str | None, frozenset[str] | None] = {
    None: frozenset(),
    "ada": frozenset(),
    "officer": None,
    "operator": None,
    "admin": None,
    "officer of main": frozenset({MAIN_BRANCH}),
    "operator of main": frozenset({MAIN_BRANCH}),
    "officer of north": frozenset({NORTH}),
    "operator of both": frozenset({MAIN_BRANCH, NORTH}),
    "officer of main who sees all": None,
    "ada the officer": None,
    "ada the operator of main": frozenset({MAIN_BRANCH}),
    "ada the admin": None,
    "bob the operator of main": frozenset({MAIN_BRANCH}),
}


@dataclass(frozen=True)
class Lent:
    """A loan, and whose it is."""

    id: str
    owner: str
    branch: str


@pytest.fixture(scope="module")
async def loans(http: Any, people: People, parts: Parts, straight_desk: StraightDesk) -> Mapping[str, Lent]:
    """Ada's, which is her own; another customer's; and one of another branch. An officer looks at each."""
    await parts.branches.create(NORTH, "North Street", now())
    for name in PEOPLE:
        if name not in people.users and name is not None:
            people.users[name] = await _employed(parts, people, name)
    lent = {}
    for name, owner, branch in (("own", "ada", MAIN_BRANCH), ("another's", "bob", MAIN_BRANCH), (NORTH, "bob", NORTH)):
        loan_id = await Door(http, people).apply(owner, branch=branch)
        customer_id = people.users[owner].customer_id
        assert customer_id is not None
        await straight_desk.underwrite(loan_id, customer_id=customer_id, score=620)
        lent[name] = Lent(loan_id, owner, branch)
    return lent


async def _employed(parts: Parts, people: People, name: str) -> User:
    """`name` says as what and where, and which customer that is, if any."""
    job, _, places = name.partition(" of ")
    customer, _, role = job.rpartition(" the ")
    branch = NORTH if places == NORTH else MAIN_BRANCH if places else None
    user = await parts.users.create(
        email=f"{uuid4()}@lender.example",
        password_hash="none",
        role=Role(role),
        at=now(),
        level=2,
        customer_id=people.users[customer].customer_id if customer else None,
        branch=branch,
    )
    further, every = [NORTH] if places == "both" else [], places.endswith("all")
    return await parts.users.post(user.id, branch=branch, further_branches=further, every_branch=every)


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
    answer = await _knock(door, endpoint, who, str(uuid4()))
    if endpoint in WITHOUT_A_TOKEN:
        assert answer.status_code in {401, 422}, answer.text  # the body is nobody's password, and signed by nobody
    elif _role(door, who) in DOORS[endpoint]:
        assert answer.status_code not in {401, 403}, answer.text
        assert answer.status_code < 500, answer.text
    else:
        expected = 401 if who is None else 403
        assert answer.status_code == expected, answer.text


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("endpoint", OF_A_LOAN)
async def test_a_role_reaches_its_own_loans_and_no_others(
    door: Door, loans: Mapping[str, Lent], endpoint: str, who: str | None
) -> None:
    told = {kind: _kind_of(await _knock(door, endpoint, who, loan.id)) for kind, loan in loans.items()}
    assert told == {kind: _expected(door, endpoint, who, loan) for kind, loan in loans.items()}


@pytest.mark.parametrize("who", [who for who in PEOPLE if who])
@pytest.mark.parametrize("endpoint", LISTS)
async def test_a_list_shows_ones_own_loans_and_no_others(
    door: Door, loans: Mapping[str, Lent], endpoint: str, who: str
) -> None:
    if _role(door, who) not in DOORS[endpoint]:
        return
    _, path = endpoint.split(" ")
    shown = (await door.get(who, path)).text
    for loan in loans.values():
        if not _reaches(door, who, loan) or (_is_own(who, loan) and endpoint in QUEUES):
            assert loan.id not in shown
        else:
            assert loan.id in shown or endpoint not in LISTS_OF_LOANS


QUEUES = {"GET /api/admin/v1/applications", "GET /api/admin/v1/queues/operations"}
LISTS_OF_LOANS = {"GET /api/v1/loans", "GET /api/admin/v1/loans", "GET /api/admin/v1/applications"}


@pytest.mark.parametrize("who", ["ada the officer", "ada the operator of main", "ada the admin"])
@pytest.mark.parametrize("endpoint", DEEDS)
async def test_a_deed_on_ones_own_loan_is_on_its_record(
    door: Door, loans: Mapping[str, Lent], endpoint: str, who: str
) -> None:
    if _role(door, who) not in DOORS[endpoint]:
        return
    before = await _trail(door, loans["own"].id)
    await _knock(door, endpoint, who, loans["own"].id)
    [line] = (await _trail(door, loans["own"].id))[len(before) :]
    assert (line["actor"], line["action"], line["details"]["call"]) == (door.people.users[who].id, "refused", endpoint)
    assert line["reason"].startswith("OwnApplication: ")


async def test_money_is_not_matched_to_a_loan_of_another_branch(door: Door, loans: Mapping[str, Lent]) -> None:
    money = {"amount": {"amount": "10.00", "currency": "USD"}, "received_on": str(now().date()), "reference": "x"}
    receipt = (await door.post("operator of main", "/api/admin/v1/receipts", money)).json()
    for path in ("match", "match/preview"):
        answer = await door.post(
            "operator of main", f"/api/admin/v1/receipts/{receipt['id']}/{path}", {"loan_id": loans[NORTH].id}
        )
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:tenor:problem:unknown-loan")


async def test_nobody_matches_money_to_their_own_loan(door: Door, loans: Mapping[str, Lent]) -> None:
    money = {"amount": {"amount": "10.00", "currency": "USD"}, "received_on": str(now().date()), "reference": "x"}
    receipt, own = (await door.post("operator", "/api/admin/v1/receipts", money)).json(), loans["own"].id
    before = await _trail(door, own)
    for who, path in (("ada the operator of main", "match"), ("ada the officer", "match/preview")):
        answer = await door.post(who, f"/api/admin/v1/receipts/{receipt['id']}/{path}", {"loan_id": own})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:tenor:problem:own-application")
    [line] = (await _trail(door, own))[len(before) :]
    assert line["details"]["call"] == "POST /api/admin/v1/receipts/{receipt_id}/match"
    still = (await door.get("operator", f"/api/admin/v1/receipts/{receipt['id']}")).json()
    assert still["resolution"] is None


async def test_a_decision_sent_past_the_door_is_refused_in_the_books(
    door: Door, loans: Mapping[str, Lent], straight_desk: StraightDesk
) -> None:
    """What Temporal hands on has met no door: the domain asks whose loan it is."""
    officer = door.people.users["officer of main"]
    command = Decide(
        operation_id=uuid4().hex, loan_id=loans[NORTH].id, actor=officer.id, verdict=OfficerVerdict.DECLINE
    )
    with pytest.raises(NotYourBranch):
        await straight_desk.send(command)
    trail = await _trail(door, loans[NORTH].id)
    assert (trail[-1]["actor"], trail[-1]["reason"]) == (officer.id, "NotYourBranch: the loan is another branch's")
    assert (await door.get("admin", f"/api/admin/v1/loans/{loans[NORTH].id}")).json()["status"] == LoanStatus.REFERRED


def _expected(door: Door, endpoint: str, who: str | None, loan: Lent) -> str:
    if who is None:
        return "401"
    if _role(door, who) not in DOORS[endpoint]:
        return "403"
    if not _reaches(door, who, loan):
        return "404"
    return "own" if _is_own(who, loan) else "in"


def _reaches(door: Door, who: str, loan: Lent) -> bool:
    if _role(door, who) is Role.APPLICANT:
        return loan.owner == who
    branches = PEOPLE[who]
    return branches is None or loan.branch in branches


def _is_own(who: str, loan: Lent) -> bool:
    """Of one of the lender's people, who is a customer as well."""
    return who.startswith(f"{loan.owner} the ")


async def _trail(door: Door, loan_id: str) -> list[dict[str, Any]]:
    trail: list[dict[str, Any]] = (await door.get("admin", f"/api/admin/v1/loans/{loan_id}")).json()["audit_trail"]
    return trail


def _kind_of(answer: Response) -> str:
    """Whoever is told that something else is missing has got in; "own" is a 403 of its own."""
    assert answer.status_code < 500, answer.text
    if answer.status_code == 403 and answer.json()["type"] == "urn:tenor:problem:own-application":
        return "own"
    if answer.status_code == 404:
        return "404" if answer.json()["type"] == "urn:tenor:problem:unknown-loan" else "in"
    return str(answer.status_code) if answer.status_code in {401, 403} else "in"


def _role(door: Door, who: str | None) -> Role | None:
    return door.people.users[who].role if who else None


async def _knock(door: Door, endpoint: str, who: str | None, loan_id: str) -> Response:
    """With a body that nobody takes, so that whoever gets in changes nothing."""
    method, template = endpoint.split(" ")
    ids = ("customer_id", "delegation_id", "document_id", "receipt_id", "endpoint_id", "reconciliation_id", "user_id")
    names = dict.fromkeys(ids, uuid4())
    path = template.format(**names, loan_id=loan_id, provider="kyc", code="personal", version=77, country="US", other=1)
    return await (door.get(who, path) if method == "GET" else door.post(who, path, {"unasked": True}))
