"""A customer asks to be forgotten, and an admin forgets them."""

from uuid import uuid4

from tests.api.conftest import PASSWORD, Door
from tests.api.test_borrower import SIGN_UP


async def test_who_was_erased_is_told_so_once_and_then_is_nobody(door: Door) -> None:
    person = {**SIGN_UP, "email": f"{uuid4().hex}@example.com", "bank_account": "US-000555"}
    sign_up = uuid4().hex
    customer_id = (await door.post(None, "/api/v1/customers", person, key=sign_up)).json()["customer_id"]
    credentials = {"username": person["email"], "password": PASSWORD}
    token = (await door.http.post("/api/v1/auth/token", json=credentials)).json()["access_token"]
    erase = f"/api/admin/v1/customers/{customer_id}/erase"
    for _ in range(2):
        answer = await door.post("admin", erase, {"reason": "asked for by letter"}, key=customer_id)
        assert (answer.status_code, answer.json()) == (200, {"customer_id": customer_id})
    me = await door.http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (me.status_code, me.json()["type"]) == (410, "urn:tenor:problem:customer-erased")
    assert (await door.http.post("/api/v1/auth/token", json=credentials)).status_code == 401
    again = await door.post(None, "/api/v1/customers", person, key=sign_up)
    assert (again.status_code, again.json()["type"]) == (410, "urn:tenor:problem:customer-erased")


async def test_nobody_is_erased_while_a_loan_of_theirs_is_open(door: Door) -> None:
    await door.apply("ada")
    ada = str(door.people.users["ada"].customer_id)
    answer = await door.post("admin", f"/api/admin/v1/customers/{ada}/erase", {"reason": "asked for by letter"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:tenor:problem:loans-open")
