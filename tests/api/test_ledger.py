"""The books as a whole at the lender's door: receipts that name no loan, and accounting periods."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.api.conftest import Door
from tests.api.desk import StraightDesk, now
from tests.api.test_corrections import ADMIN, because, loan, usd

__all__ = ["loan"]  # a fixture

RECEIPTS = f"{ADMIN}/receipts"


async def parked(door: Door, amount: str = "40.00") -> dict[str, Any]:
    body = {"amount": usd(amount), "received_on": str(now().date()), "reference": "statement 3, line 14"}
    answer = await door.post("operator", RECEIPTS, body)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def test_money_without_a_name_is_parked_and_matched_once(door: Door, loan: str, desk: StraightDesk) -> None:
    receipt = await parked(door)
    waiting = await door.get("officer", RECEIPTS, parked=True, limit=200)
    assert receipt["id"] in {each["id"] for each in waiting.json()["items"]}
    match, body, key = f"{RECEIPTS}/{receipt['id']}/match", {"loan_id": loan.rsplit("/", maxsplit=1)[-1]}, uuid4().hex
    preview = (await door.post("officer", f"{match}/preview", body)).json()
    assert preview["after"]["balances"]["principal"] == usd("970.00")
    paid = await door.post("operator", match, body, key=key)
    assert (paid.status_code, paid.json()["amount"]) == (201, usd("40.00")), paid.text
    assert (await door.post("operator", match, body, key=key)).json() == paid.json()
    again = await door.post("operator", match, body)
    assert (again.status_code, again.json()["type"]) == (409, "urn:tenor:problem:already-resolved")
    found = (await door.get("officer", f"{RECEIPTS}/{receipt['id']}")).json()
    assert (found["resolution"], found["loan_id"]) == ("matched", body["loan_id"])
    assert (await door.get("operator", loan)).json()["balances"]["principal"] == usd("970.00")


async def test_money_that_is_nobodys_goes_back_once(door: Door) -> None:
    receipt = await parked(door)
    path, key = f"{RECEIPTS}/{receipt['id']}/return", uuid4().hex
    back = await door.post("operator", path, because(), key=key)
    assert (back.status_code, back.json()["resolution"]) == (201, "returned"), back.text
    assert (await door.post("operator", path, because(), key=key)).json() == back.json()
    again = await door.post("operator", path, because())
    assert (again.status_code, again.json()["type"]) == (409, "urn:tenor:problem:already-resolved")
    waiting = await door.get("officer", RECEIPTS, parked=True, limit=200)
    assert receipt["id"] not in {each["id"] for each in waiting.json()["items"]}


async def test_what_cannot_be_parked_or_matched_is_refused(door: Door) -> None:
    tomorrow = {"amount": usd("1.00"), "received_on": str((now() + timedelta(days=2)).date()), "reference": "line 1"}
    answer = await door.post("operator", RECEIPTS, tomorrow)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/received_on")
    receipt = await parked(door)
    nobody = await door.post("operator", f"{RECEIPTS}/{receipt['id']}/match", {"loan_id": str(uuid4())})
    assert nobody.status_code in {404, 409}
    assert (await door.get("officer", f"{RECEIPTS}/{uuid4()}")).status_code == 404


async def test_a_period_is_closed_by_an_admin_once_and_when_it_is_over(door: Door) -> None:
    long_ago, path = "2020-01-31", f"{ADMIN}/ledger/periods"
    first = await door.post("admin", path, because(through=long_ago))
    assert (first.status_code, first.json()["through"]) == (201, long_ago), first.text
    again = await door.post("admin", path, because(through=long_ago))
    assert (again.status_code, again.json()["type"]) == (409, "urn:tenor:problem:already-closed")
    for wrong in ("2020-02-15", "2199-12-31"):
        answer = await door.post("admin", path, because(through=wrong))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/through"), answer.text
    listed = (await door.get("officer", path)).json()["periods"]
    assert [period["through"] for period in listed] == [long_ago]


async def test_money_cannot_be_matched_with_a_loan_that_is_not_there(door: Door) -> None:
    receipt = await parked(door)
    for path in ("match", "match/preview"):
        answer = await door.post("operator", f"{RECEIPTS}/{receipt['id']}/{path}", {"loan_id": str(uuid4())})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:tenor:problem:unknown-loan"), answer.text
