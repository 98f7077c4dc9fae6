"""An officer's authority in a colleague's hands."""

from datetime import timedelta
from uuid import uuid4

from tests.api.conftest import Door
from tests.api.desk import StraightDesk, now
from tests.api.test_applications import referred

ADMIN = "/api/admin/v1"


def body(door: Door, delegate: str = "junior", days: int = 0, **more: str) -> dict[str, str]:
    today = now().date()
    last = today + timedelta(days=days)
    return {"delegate_id": door.people.users[delegate].id, "first_day": str(today), "last_day": str(last), **more}


async def test_a_junior_decides_in_the_officers_place_until_that_is_revoked(door: Door, desk: StraightDesk) -> None:
    first, second = await referred(door, desk, "15000.00"), await referred(door, desk, "15000.00")
    made = await door.post("officer", f"{ADMIN}/delegations", body(door))
    assert made.status_code == 201, made.text
    officer = door.people.users["officer"].id
    assert (made.json()["delegator_id"], made.json()["made_by"]) == (officer, officer)
    decided = await door.post("junior", f"{ADMIN}/loans/{first}/decision", {"verdict": "approve"})
    assert (decided.status_code, decided.json()["status"]) == (200, "offered"), decided.text
    file = (await door.get("officer", f"{ADMIN}/loans/{first}")).json()
    assert file["approvals"][0]["on_behalf_of"] == officer
    path = f"{ADMIN}/delegations/{made.json()['id']}/revoke"
    assert (await door.post("admin", path, {})).json()["revoked_by"] == door.people.users["admin"].id
    again = await door.post("admin", path, {})
    assert (again.status_code, again.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now")
    refused = await door.post("junior", f"{ADMIN}/loans/{second}/decision", {"verdict": "approve"})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:tenor:problem:beyond-authority")
    told = (await door.get("operator", f"{ADMIN}/delegations")).json()["items"]
    assert made.json()["id"] in {each["id"] for each in told}


async def test_an_officer_delegates_nobody_elses_authority_and_an_admin_may(door: Door) -> None:
    officer = door.people.users["officer"].id
    foreign = await door.post("junior", f"{ADMIN}/delegations", body(door, delegator_id=officer, days=1))
    assert (foreign.status_code, foreign.json()["type"]) == (403, "urn:tenor:problem:beyond-authority")
    key, asked = uuid4().hex, body(door, "ada the officer", delegator_id=officer)
    made = await door.post("admin", f"{ADMIN}/delegations", asked, key=key)
    assert made.status_code == 201, made.text
    assert (await door.post("admin", f"{ADMIN}/delegations", asked, key=key)).json() == made.json()
    assert (await door.post("admin", f"{ADMIN}/delegations/{made.json()['id']}/revoke", {})).status_code == 200


async def test_a_delegation_that_makes_no_sense_is_refused_by_name(door: Door) -> None:
    path = f"{ADMIN}/delegations"
    for asked, status, problem in (
        (body(door, "officer"), 422, "invalid-value"),
        (body(door, days=-1), 422, "invalid-value"),
        (body(door, days=400), 422, "invalid-value"),
        (body(door, "operator"), 403, "unknown-user"),
        ({**body(door), "delegate_id": str(uuid4())}, 403, "unknown-user"),
    ):
        answer = await door.post("officer", path, asked)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:tenor:problem:{problem}"), answer.text
    unknown = await door.post("officer", f"{path}/{uuid4()}/revoke", {})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:tenor:problem:unknown-delegation")
