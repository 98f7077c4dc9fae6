"""Corrections at the lender's door: each with a preview, each refused by name, nothing ever half done."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.parts import Parts
from domain.evidence import PayoutOutcome
from tests.api.conftest import Door
from tests.api.desk import StraightDesk, now

ADMIN = "/api/admin/v1"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def because(**body: Any) -> dict[str, Any]:
    return {**body, "reason": "because"}


@pytest.fixture
async def loan(door: Door, desk: StraightDesk) -> str:
    """A loan of 1,000 USD that runs since today; the path of its corrections."""
    loan_id = await door.apply("ada")
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=780)
    digest = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()["digest"]
    await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest})
    await desk.resolve_payout(loan_id, f"{loan_id}-payout-1", PayoutOutcome.SETTLED)
    return f"{ADMIN}/loans/{loan_id}"


async def paid(door: Door, loan: str, amount: str) -> dict[str, Any]:
    answer = await door.post("operator", f"{loan}/payments", {"amount": usd(amount)})
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def kept(door: Door, loan: str) -> tuple[Any, ...]:
    """All that is stored of the loan but its audit trail."""
    file = (await door.get("operator", loan)).json() | {"audit_trail": None}
    return file, *[(await door.get("operator", f"{loan}/{part}")).json() for part in ("schedule", "transactions")]


# What is asked, by whom, once the loan has a credit of 7.00 and a fee; and what its balances are after it.
CORRECTIONS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "charges": ("operator", because(component="penalty", amount=usd("15.00")), {"penalties": "15.00"}),
    "waivers": ("officer", because(component="fee", amount=usd("3.00")), {"fees": "6.50"}),
    "reversals": ("operator", because(transaction=3), {"principal": "1000.00"}),
    "charge-off": ("officer", because(), {"principal": "0.00", "fees": "0.00"}),
}


@pytest.mark.parametrize("correction", CORRECTIONS)
async def test_a_preview_shows_what_then_happens_and_stores_nothing(door: Door, loan: str, correction: str) -> None:
    who, body, expected = CORRECTIONS[correction]
    await paid(door, loan, "90.00")
    await door.post("operator", f"{loan}/charges", because(component="fee", amount=usd("9.50")))
    before = await kept(door, loan)
    preview = await door.post(who, f"{loan}/{correction}/preview", body)
    assert preview.status_code == 200, preview.text
    assert await kept(door, loan) == before
    done = await door.post(who, f"{loan}/{correction}", body)
    assert done.status_code == 201, done.text
    file, schedule, _ = await kept(door, loan)
    told = preview.json()
    assert told["after"]["balances"] == file["balances"]
    assert told["after"]["status"] == file["status"]
    assert {part: file["balances"][part]["amount"] for part in expected} == expected
    changed = {row["after"]["number"]: row["after"] for row in told["rows"]}
    for row in schedule["installments"]:
        assert changed.get(row["number"], row) == row
    assert told["entries"][-1]["postings"]


async def test_a_payment_has_a_preview_too(door: Door, loan: str) -> None:
    before = await kept(door, loan)
    preview = (await door.post("officer", f"{loan}/payments/preview", {"amount": usd("1000.00")})).json()
    assert (preview["before"]["status"], preview["after"]["status"]) == ("active", "closed")
    assert preview["after"]["outstanding"] == usd("0.00")
    assert {"source": "loan_principal", "destination": "cash", "amount": usd("1000.00")} in preview["entries"][-1][
        "postings"
    ]
    assert await kept(door, loan) == before


async def test_credit_is_refunded_and_a_closed_loan_comes_back_when_its_payment_bounces(
    door: Door, loan: str, desk: StraightDesk
) -> None:
    receipt = await paid(door, loan, "1007.00")
    assert (receipt["status"], receipt["credit"]) == ("closed", usd("7.00"))
    refund = because(amount=usd("7.00"))
    assert (await door.post("operator", f"{loan}/credit-refunds/preview", refund)).status_code == 200
    assert (await door.post("operator", f"{loan}/credit-refunds", refund)).status_code == 201
    bounced = await door.post("operator", f"{loan}/reversals", because(transaction=receipt["transaction"]))
    assert (bounced.status_code, bounced.json()["status"]) == (201, "active"), bounced.text
    assert bounced.json()["outstanding"] == usd("1007.00")


async def test_the_same_correction_again_is_the_same_and_another_under_its_key_is_refused(
    door: Door, loan: str
) -> None:
    key, path = uuid4().hex, f"{loan}/charges"
    body = because(component="fee", amount=usd("5.00"))
    assert (await door.post("operator", path, body, key=key)).status_code == 201
    assert (await door.post("operator", path, body, key=key)).status_code == 201
    other = await door.post("operator", path, because(component="fee", amount=usd("6.00")), key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    assert (await door.get("operator", loan)).json()["balances"]["fees"] == usd("5.00")


# What is asked of a loan that has one payment (transaction 3), reversed (4): path, who, body, status and problem.
NONSENSE: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "to reverse what is reversed": ("reversals", "operator", because(transaction=3), 409, "already-reversed"),
    "to reverse what never was": ("reversals", "operator", because(transaction=99), 422, "unknown-transaction"),
    "to reverse a payout": ("reversals", "operator", because(transaction=2), 409, "not-allowed-now"),
    "to waive more than is owed": (
        "waivers",
        "officer",
        because(component="fee", amount=usd("0.01")),
        422,
        "invalid-value",
    ),
    "to refund more than the credit": ("credit-refunds", "operator", because(amount=usd("0.01")), 422, "invalid-value"),
    "to charge another currency": (
        "charges",
        "operator",
        because(component="fee", amount={"amount": "5.00", "currency": "EUR"}),
        422,
        "currency-mismatch",
    ),
    "to pay before the loan was": (
        "payments",
        "operator",
        {"amount": usd("5.00"), "effective_date": str((now() - timedelta(days=3)).date())},
        422,
        "invalid-value",
    ),
}


@pytest.mark.parametrize("wish", NONSENSE)
async def test_nonsense_is_refused_by_name_recorded_and_changes_nothing(
    door: Door, loan: str, parts: Parts, wish: str
) -> None:
    path, who, body, status, problem = NONSENSE[wish]
    receipt = await paid(door, loan, "50.00")
    await door.post("operator", f"{loan}/reversals", because(transaction=receipt["transaction"]))
    before, trail = await kept(door, loan), await parts.views.audit_trail(loan.rsplit("/", maxsplit=1)[-1])
    for place in (f"{loan}/{path}/preview", f"{loan}/{path}"):
        answer = await door.post(who, place, body)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:tenor:problem:{problem}"), answer.text
        assert await kept(door, loan) == before
    *earlier, refusal = await parts.views.audit_trail(loan.rsplit("/", maxsplit=1)[-1])
    assert tuple(earlier) == trail
    assert refusal.action == "refused"


@pytest.mark.parametrize("correction", CORRECTIONS)
async def test_a_correction_says_why(door: Door, loan: str, correction: str) -> None:
    who, body, _ = CORRECTIONS[correction]
    silent = {name: value for name, value in body.items() if name != "reason"}
    for path in (f"{loan}/{correction}", f"{loan}/{correction}/preview"):
        answer = await door.post(who, path, silent)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")


async def test_the_books_are_clean_after_all_of_it(door: Door, loan: str) -> None:
    await paid(door, loan, "20.00")
    report = (await door.get("operator", f"{ADMIN}/ledger/audit", loans=500)).json()
    assert report["clean"], [answer for answer in report["answers"] if answer["count"]]
    assert report["refolded"] == report["loans"] > 0
