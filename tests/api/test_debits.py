"""Mandates at the borrower's door; debits in doubt, and their reconciliation, at the lender's."""

from datetime import UTC, datetime, timedelta

import pytest

from api.parts import Parts
from domain.errors import DomainError
from domain.evidence import DebitOutcome, PayoutOutcome
from domain.product import Autopay, Servicing
from infrastructure.postgres.audit.report import audit
from tests.api.conftest import Door
from tests.api.desk import StraightDesk, now
from tests.api.test_lender import ADMIN
from tests.api.test_reconciliation import send
from tests.fakes import product

BODY = {"product_code": "drawn", "amount": {"amount": "1000.00", "currency": "USD"}, "installments": 12}


@pytest.fixture(scope="module")
async def _offered(parts: Parts) -> None:
    rule = Servicing(reminder_days=None, autopay=Autopay(attempts=2, days_between=3))
    await parts.products.create(product(code="drawn", servicing=rule), now())


async def running(door: Door, desk: StraightDesk) -> str:
    """A loan of Ada's that runs, of the product that takes mandates."""
    loan_id: str = (await door.post("ada", "/api/v1/loans", BODY)).json()["loan_id"]
    customer = door.people.users["ada"].customer_id
    assert customer is not None
    await desk.underwrite(loan_id, customer_id=customer, score=780)
    offer = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()
    accepted = await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": offer["digest"]})
    assert accepted.status_code == 200, accepted.text
    await desk.resolve_payout(loan_id, f"{loan_id}-payout-1", PayoutOutcome.SETTLED)
    return loan_id


async def drawn(door: Door, desk: StraightDesk) -> tuple[str, str, datetime]:
    """The loan, the key of its first debit, which is on its way, and when it was sent."""
    loan_id = await running(door, desk)
    assert (await door.post("ada", f"/api/v1/loans/{loan_id}/mandate", {})).status_code == 200
    rows = (await door.get("ada", f"/api/v1/loans/{loan_id}/schedule")).json()["installments"]
    at = datetime.fromisoformat(rows[0]["due_date"]).replace(hour=12, tzinfo=UTC)
    await desk.let_pass(loan_id, at)
    return loan_id, f"{loan_id}-debit-{rows[0]['due_date']}-1", at


async def queued(door: Door, loan_id: str) -> dict[str, object] | None:
    items = (await door.get("operator", f"{ADMIN}/queues/operations", limit=200)).json()["items"]
    return next((item for item in items if item["loan_id"] == loan_id), None)


@pytest.mark.usefixtures("_offered")
async def test_a_mandate_is_given_shown_revoked_and_given_anew(door: Door, desk: StraightDesk) -> None:
    loan_id = await running(door, desk)
    path = f"/api/v1/loans/{loan_id}"
    assert (await door.get("ada", path)).json()["mandate"] is None
    for _ in range(2):
        assert (await door.post("ada", f"{path}/mandate", {}, key=f"give-{loan_id}")).status_code == 200
    mandate = (await door.get("ada", path)).json()["mandate"]
    assert (mandate["reference"], mandate["revoked_on"]) == (f"{loan_id}-mandate-1", None)
    assert (await door.post("ada", f"{path}/mandate", {})).json()["type"] == "urn:tenor:problem:not-allowed-now"
    assert (await door.post("ada", f"{path}/mandate/revoke", {})).status_code == 200
    assert (await door.get("ada", path)).json()["mandate"]["revoked_on"] is not None
    assert (await door.post("ada", f"{path}/mandate/revoke", {})).status_code == 409
    assert (await door.post("ada", f"{path}/mandate", {})).status_code == 200
    assert (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()["mandate"]["reference"].endswith("-2")


async def test_a_loan_whose_product_is_not_drawn_takes_no_mandate(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply("ada")
    assert (await door.post("ada", f"/api/v1/loans/{loan_id}/mandate", {})).status_code == 409
    assert (await door.post("bob", f"/api/v1/loans/{loan_id}/mandate", {})).status_code == 404


@pytest.mark.usefixtures("_offered")
async def test_a_debit_that_is_contradicted_waits_in_the_queue_until_somebody_has_reviewed_it(
    door: Door, desk: StraightDesk, parts: Parts
) -> None:
    loan_id, key, at = await drawn(door, desk)
    for outcome in (DebitOutcome.FAILED, DebitOutcome.SETTLED):
        await desk.resolve_debit(loan_id, key, outcome, at)
    mine = await queued(door, loan_id)
    assert mine is not None
    assert (mine["troubles"], mine["keys"]) == (["debit_contradicted"], [key])
    assert mine["amount"] == {"amount": "88.85", "currency": "USD"}
    shown = (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()["debit"]
    assert (shown["key"], shown["open"], shown["contradicted"]) == (key, False, [key])
    review = {"key": key, "outcome": "settled", "reason": "it is on the bank's statement"}
    path = f"{ADMIN}/loans/{loan_id}/review-debit"
    for bad in ({**review, "outcome": "returned"}, {**review, "key": ""}, {"outcome": "settled", "reason": "x"}):
        assert (await door.post("operator", path, bad)).status_code == 422
    assert (await door.post("operator", path, {**review, "key": "another"})).status_code == 409
    assert (await door.post("operator", path, review)).status_code == 200
    assert await queued(door, loan_id) is None
    kinds = [t["kind"] for t in (await door.get("ada", f"/api/v1/loans/{loan_id}/transactions")).json()["transactions"]]
    assert kinds[2:] == ["debit_instructed", "debit_failed", "reversal", "payment"]


@pytest.mark.usefixtures("_offered")
async def test_debits_are_reconciled_with_the_statement_like_payouts(door: Door, desk: StraightDesk) -> None:
    settled, settled_key, at = await drawn(door, desk)
    await desk.resolve_debit(settled, settled_key, DebitOutcome.SETTLED, at)
    returned, returned_key, at = await drawn(door, desk)
    await desk.resolve_debit(returned, returned_key, DebitOutcome.RETURNED, at)
    _, transit_key, _ = await drawn(door, desk)
    answer = await send(
        door,
        f"{settled_key},settled,8885,USD",
        f"{returned_key},settled,8885,USD",
        f"{transit_key},pending,1,USD",
        f"{settled}-debit-2020-01-01-1,settled,8885,USD",
    )
    assert answer.status_code == 201, answer.text
    found = {(f["key"], f["difference"]) for f in answer.json()["result"]["findings"] if "-debit-" in f["key"]}
    assert found == {
        (returned_key, "outcome_differs"),
        (transit_key, "amount_differs"),
        (f"{settled}-debit-2020-01-01-1", "not_in_books"),
    }


@pytest.mark.usefixtures("_offered")
async def test_the_books_of_drawn_loans_pass_the_audit(door: Door, desk: StraightDesk, parts: Parts) -> None:
    loan_id, key, at = await drawn(door, desk)
    for outcome in (DebitOutcome.SETTLED, DebitOutcome.RETURNED):
        await desk.resolve_debit(loan_id, key, outcome, at + timedelta(days=2))
    with pytest.raises(DomainError):
        await desk.resolve_debit(loan_id, key, DebitOutcome.PENDING, at)
    report = await audit(parts.views._engine)
    assert [answer for answer in report.answers if answer.count] == []
