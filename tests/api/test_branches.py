"""Branches, and who belongs to them."""

from uuid import uuid4

from tests.api.conftest import Door

APPLICATION = {"product_code": "personal", "amount": {"amount": "1000.00", "currency": "USD"}, "installments": 12}


async def opened(door: Door, key: str = "new") -> str:
    """The code of a new branch."""
    code = uuid4().hex[:12]
    answer = await door.post("admin", "/api/admin/v1/branches", {"code": code, "name": "A street"}, key=key)
    assert answer.status_code == 201, answer.text
    return code


async def employed(door: Door, **more: object) -> str:
    """The id of a new officer."""
    user = {"email": f"{uuid4()}@lender.example", "password": "a long secret phrase", "role": "officer", **more}
    answer = await door.post("admin", "/api/admin/v1/users", user)
    assert answer.status_code == 201, answer.text
    user_id: str = answer.json()["id"]
    return user_id


async def test_a_branch_is_opened_once(door: Door) -> None:
    key, branch = uuid4().hex, {"code": uuid4().hex[:12], "name": "North Street"}
    first = await door.post("admin", "/api/admin/v1/branches", branch, key=key)
    again = await door.post("admin", "/api/admin/v1/branches", branch, key=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = await door.post("admin", "/api/admin/v1/branches", branch)
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/code")
    listed = (await door.get("officer", "/api/admin/v1/branches")).json()["branches"]
    assert {"main", branch["code"]} <= {each["code"] for each in listed}


async def test_an_application_comes_through_a_branch_that_there_is(door: Door) -> None:
    branch = await opened(door)
    loan_id = await door.apply("ada", branch=branch)
    assert (await door.get("admin", f"/api/admin/v1/loans/{loan_id}")).json()["branch"] == branch
    listed = (await door.get("admin", "/api/admin/v1/loans", branch=branch)).json()["items"]
    assert [loan["id"] for loan in listed] == [loan_id]
    nowhere = await door.post("ada", "/api/v1/loans", {**APPLICATION, "branch": "nowhere"})
    assert (nowhere.status_code, nowhere.json()["type"]) == (422, "urn:tenor:problem:unknown-branch")


async def test_a_user_is_posted_to_another_branch(door: Door) -> None:
    north, south = await opened(door), await opened(door)
    user_id = await employed(door, branch=north)
    place = {"branch": south, "further_branches": [north], "every_branch": False}
    posted = await door.post("admin", f"/api/admin/v1/users/{user_id}/branches", place)
    assert posted.status_code == 200
    assert {name: posted.json()[name] for name in place} == place


async def test_nobody_is_posted_to_a_branch_that_there_is_not(door: Door) -> None:
    user_id = await employed(door)
    for user, place, status in (
        (user_id, {"branch": "nowhere"}, 422),
        (user_id, {"branch": "main", "further_branches": ["nowhere"]}, 422),
        (user_id, {}, 422),
        (str(uuid4()), {"branch": "main"}, 404),
        ("nobody", {"branch": "main"}, 404),
    ):
        answer = await door.post("admin", f"/api/admin/v1/users/{user}/branches", place)
        assert answer.status_code == status, answer.text
