"""An officer has the identity provider look again at the applicant of a referred application."""

from uuid import uuid4

from tests.api.conftest import Door
from tests.api.desk import StraightDesk


async def test_an_officer_orders_a_recheck_once_at_a_time(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply("ada")
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=620)
    path, key = f"/api/admin/v1/loans/{loan_id}/recheck", uuid4().hex
    for _ in range(2):
        ordered = await door.post("officer", path, {"reason": "a new passport"}, key=key)
        assert (ordered.status_code, ordered.json()["status"]) == (200, "referred"), ordered.text
    again = await door.post("officer", path, {})
    assert (again.status_code, again.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now")
    own = await door.post("ada the officer", path, {})
    assert (own.status_code, own.json()["type"]) == (403, "urn:tenor:problem:own-application")
    file = (await door.get("officer", f"/api/admin/v1/loans/{loan_id}")).json()
    orders = [line for line in file["audit_trail"] if line["action"] == "identity_recheck_ordered"]
    assert [(line["actor"], line["reason"]) for line in orders] == [(door.people.users["officer"].id, "a new passport")]
