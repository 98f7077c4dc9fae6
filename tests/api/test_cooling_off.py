"""A borrower gives the loan back, and the books balance to the cent."""

from dataclasses import replace
from uuid import uuid4

from api.parts import Parts
from domain.evidence import PayoutOutcome
from tests.api.conftest import Door
from tests.api.desk import StraightDesk, now
from tests.fakes import product

ADMIN = "/api/admin/v1"


async def _running(door: Door, desk: StraightDesk, product_code: str) -> str:
    amount = {"amount": "1000.00", "currency": "USD"}
    body = {"product_code": product_code, "amount": amount, "installments": 12}
    loan_id: str = (await door.post("ada", "/api/v1/loans", body)).json()["loan_id"]
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=800)
    digest = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()["digest"]
    await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest})
    await desk.resolve_payout(loan_id, f"{loan_id}-payout-1", PayoutOutcome.SETTLED)
    return loan_id


async def _with_cooling_off(parts: Parts) -> str:
    code = f"cooling-{uuid4().hex[:8]}"
    await parts.products.create(replace(product(), code=code, cooling_off_days=14), now())
    return code


async def test_a_borrower_gives_the_loan_back_and_it_is_over_when_the_money_is_there(
    door: Door, desk: StraightDesk, parts: Parts
) -> None:
    loan_id = await _running(door, desk, await _with_cooling_off(parts))
    fee = {"component": "fee", "amount": {"amount": "25.00", "currency": "USD"}, "reason": "for the account"}
    assert (await door.post("operator", f"{ADMIN}/loans/{loan_id}/charges", fee)).status_code == 201
    assert (await door.get("ada", f"/api/v1/loans/{loan_id}/payoff")).json()["amount"]["amount"] == "1025.00"
    key, path = uuid4().hex, f"/api/v1/loans/{loan_id}/withdraw-from-credit"
    withdrawn = await door.post("ada", path, {"reason": "a better offer"}, key=key)
    assert (withdrawn.status_code, withdrawn.json()["outstanding"]["amount"]) == (200, "1000.00"), withdrawn.text
    assert (await door.post("ada", path, {"reason": "a better offer"}, key=key)).status_code == 200
    assert (await door.post("ada", path, {})).json()["type"] == "urn:tenor:problem:not-allowed-now"
    late = await door.post("operator", f"{ADMIN}/loans/{loan_id}/charges", fee)
    assert (late.status_code, late.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now")
    back = {"amount": withdrawn.json()["outstanding"]}
    receipt = await door.post("operator", f"{ADMIN}/loans/{loan_id}/payments", back)
    assert (receipt.status_code, receipt.json()["status"]) == (201, "closed"), receipt.text
    assert (await door.get("ada", f"/api/v1/loans/{loan_id}")).json()["closure"] == "withdrawn"
    for balance in (await door.get("operator", f"{ADMIN}/ledger/trial-balance")).json()["currencies"]:
        assert balance["total"]["amount"] == "0.00"


async def test_an_operator_books_a_letter_and_a_product_without_the_right_refuses(
    door: Door, desk: StraightDesk, parts: Parts
) -> None:
    by_letter = await _running(door, desk, await _with_cooling_off(parts))
    booked = await door.post("operator", f"{ADMIN}/loans/{by_letter}/withdraw-from-credit", {"reason": "by letter"})
    assert booked.status_code == 200, booked.text
    assert "bring the money back" in booked.json()["waits_for"]
    without = await _running(door, desk, "personal")
    refused = await door.post("ada", f"/api/v1/loans/{without}/withdraw-from-credit", {})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now")
    trail = (await door.get("operator", f"{ADMIN}/loans/{without}")).json()["audit_trail"]
    assert trail[-1]["action"] == "refused"
