"""Closing a day by hand, and the portfolio's figures."""

from datetime import timedelta

from api.parts import Parts
from domain.evidence import PayoutOutcome
from tests.api.conftest import Door
from tests.api.desk import StraightDesk, now

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


async def _lend(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply("ada")
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=750)
    digest = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()["digest"]
    await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest})
    await desk.resolve_payout(loan_id, f"{loan_id}-payout-1", PayoutOutcome.SETTLED)


async def test_the_figures_of_a_closed_day_are_told(door: Door, desk: StraightDesk, parts: Parts) -> None:
    await _lend(door, desk)
    yesterday = now().date() - timedelta(days=1)
    before = await door.get("officer", f"{ADMIN}/portfolio", day=str(yesterday - timedelta(days=400)))
    assert before.json() == {"day": None, "products": []}
    await parts.portfolio.close(yesterday, now())
    told = await door.get("officer", f"{ADMIN}/portfolio", day=str(yesterday))
    assert told.status_code == 200, told.text
    assert told.json()["day"] == str(yesterday)
    assert told.json()["products"][0]["outstanding"] == told.json()["products"][0]["disbursed"]
