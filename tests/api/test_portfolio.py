"""Closing a day by hand, and the portfolio's figures."""

from datetime import timedelta
from uuid import uuid4

from api.parts import Parts
from domain.evidence import PayoutOutcome
from tests.api.conftest import Door
from tests.api.desk import StraightDesk, now
from tests.fakes import product

ADMIN = "/api/admin/v1"


async def test_an_operator_closes_a_day_that_is_over(door: Door, parts: Parts) -> None:
    yesterday = str(now().date() - timedelta(days=1))
    answer = await door.post("operator", f"{ADMIN}/close-of-business", {"day": yesterday})
    assert (answer.status_code, answer.json()["workflow_id"]) == (202, f"close-of-business-{yesterday}"), answer.text
    assert answer.json()["workflow_url"].endswith(f"/workflows/close-of-business-{yesterday}")


async def test_a_day_that_is_not_over_is_refused(door: Door) -> None:
    answer = await door.post("admin", f"{ADMIN}/close-of-business", {"day": str(now().date())})
    assert (answer.status_code, "day" in answer.text) == (422, True), answer.text


async def test_closing_is_not_for_officers(door: Door) -> None:
    body = {"day": str(now().date() - timedelta(days=1))}
    assert (await door.post("officer", f"{ADMIN}/close-of-business", body)).status_code == 403


async def _lend(door: Door, desk: StraightDesk, code: str) -> None:
    wish = {"product_code": code, "amount": {"amount": "1000.00", "currency": "USD"}, "installments": 12}
    loan_id = (await door.post("ada", "/api/v1/loans", wish)).json()["loan_id"]
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=750)
    digest = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()["digest"]
    await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest})
    await desk.resolve_payout(loan_id, f"{loan_id}-payout-1", PayoutOutcome.SETTLED)


async def test_the_figures_of_a_closed_day_are_told(door: Door, desk: StraightDesk, parts: Parts) -> None:
    code = f"test-{uuid4().hex[:12]}"
    await parts.products.create(product(code=code), now())
    await _lend(door, desk, code)
    today = now().date()
    before = await door.get("officer", f"{ADMIN}/portfolio", day=str(today - timedelta(days=400)))
    assert before.json() == {"day": None, "products": []}
    await parts.portfolio.close(today, now())
    told = await door.get("officer", f"{ADMIN}/portfolio", day=str(today))
    assert told.status_code == 200, told.text
    assert told.json()["day"] == str(today)
    (figures,) = (each for each in told.json()["products"] if each["product_code"] == code)
    assert figures["outstanding"] == figures["disbursed"] == {"amount": "1000.00", "currency": "USD"}


async def test_one_key_closes_one_day(door: Door) -> None:
    key, days = uuid4().hex, [str(now().date() - timedelta(days=age)) for age in (1, 2)]
    path = f"{ADMIN}/close-of-business"
    first = await door.post("operator", path, {"day": days[0]}, key=key)
    assert (await door.post("operator", path, {"day": days[0]}, key=key)).json() == first.json()
    other = await door.post("operator", path, {"day": days[1]}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
