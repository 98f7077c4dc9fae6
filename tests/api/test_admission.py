"""A device is lost, somebody leaves: sign-ins end everywhere, and who is shut out does nothing more."""

from collections.abc import Sequence
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.parts import Parts
from domain.people import Role
from infrastructure.postgres.users import User
from infrastructure.security import Caller, hash_password
from tests.api.conftest import PASSWORD, Door
from tests.api.desk import now
from tests.api.test_borrower import SIGN_UP
from tests.api.test_sign_in import renewed, sign_in

USERS = "/api/admin/v1/users"


async def signed_in(door: Door, user: User, times: int = 2) -> list[str]:
    """Refresh tokens of as many devices."""
    return [(await sign_in(door, user)).json()["refresh_token"] for _ in range(times)]


async def statuses(door: Door, tokens: Sequence[str]) -> set[int]:
    return {(await renewed(door, token)).status_code for token in tokens}


def bearer(door: Door, user: User) -> dict[str, str]:
    caller = Caller(user_id=user.id, role=user.role, customer_id=user.customer_id)
    return {"Authorization": f"Bearer {door.people.tokens.issue(caller)}"}


async def end_own(door: Door, user: User, root: str, key: str) -> httpx.Response:
    headers = {**bearer(door, user), "Idempotency-Key": key}
    return await door.http.post(f"/api/{root}/sign-ins/end", headers=headers)


async def on_record(engine: AsyncEngine, user: User) -> list[tuple[str, str]]:
    """What was done about the user, and by whom."""
    asked = text("SELECT action, actor FROM audit WHERE details ->> 'user' = :user ORDER BY sequence")
    async with engine.connect() as connection:
        return [(row.action, row.actor) for row in await connection.execute(asked, {"user": user.id})]


@pytest.mark.parametrize("root", ["v1", "admin/v1"])
async def test_a_user_signs_out_everywhere_at_once_and_nobody_else_is(
    door: Door, clerk: User, engine: AsyncEngine, root: str
) -> None:
    mine, officers = await signed_in(door, clerk), await signed_in(door, door.people.users["officer"])
    key = uuid4().hex
    assert (await end_own(door, clerk, root, key)).status_code == 204
    assert await statuses(door, mine) == {401}
    assert await statuses(door, officers) == {200}
    afterwards = await signed_in(door, clerk)
    assert (await end_own(door, clerk, root, key)).status_code == 204  # the same wish, sent twice
    assert await statuses(door, afterwards) == {200}
    assert await on_record(engine, clerk) == [("sign_ins_ended", clerk.id)]


async def test_a_thief_who_renews_meanwhile_is_out_as_well(door: Door, clerk: User) -> None:
    [stolen] = await signed_in(door, clerk, 1)
    heir = (await renewed(door, stolen)).json()["refresh_token"]
    await end_own(door, clerk, "v1", uuid4().hex)
    assert await statuses(door, [heir]) == {401}


async def test_an_admin_signs_a_user_out_everywhere(door: Door, clerk: User, engine: AsyncEngine) -> None:
    tokens = await signed_in(door, clerk)
    answer = await door.post("admin", f"{USERS}/{clerk.id}/sign-ins/end", {})
    assert (answer.status_code, answer.json()["active"]) == (200, True), answer.text
    assert await statuses(door, tokens) == {401}
    assert (await sign_in(door, clerk)).status_code == 200
    assert await on_record(engine, clerk) == [("sign_ins_ended", door.people.users["admin"].id)]


@pytest.mark.parametrize("deed", ["unlock", "sign-ins/end", "disable", "enable"])
async def test_nobody_is_nobody_to_an_admin(door: Door, deed: str) -> None:
    for user_id in (str(uuid4()), "nobody"):
        assert (await door.post("admin", f"{USERS}/{user_id}/{deed}", {})).status_code == 404


async def test_who_is_disabled_is_out_at_once_and_comes_back_when_enabled(
    door: Door, clerk: User, engine: AsyncEngine
) -> None:
    tokens, held = await signed_in(door, clerk), bearer(door, clerk)
    disabled = await door.post("admin", f"{USERS}/{clerk.id}/disable", {})
    assert (disabled.status_code, disabled.json()["active"]) == (200, False), disabled.text
    assert await statuses(door, tokens) == {401}
    assert (await sign_in(door, clerk)).status_code == 401
    for place in ("loans", "receipts", "branches"):  # by an access token that is out already
        assert (await door.http.get(f"/api/admin/v1/{place}", headers=held)).status_code == 401
    assert (await door.post("admin", f"{USERS}/{clerk.id}/enable", {})).json()["active"] is True
    assert await statuses(door, tokens) == {401}
    assert (await sign_in(door, clerk)).status_code == 200
    admin = door.people.users["admin"].id
    assert await on_record(engine, clerk) == [("user_disabled", admin), ("user_enabled", admin)]


ASKED_BY_ANYBODY: tuple[tuple[str, str, object], ...] = (
    ("GET", "/api/v1/me", None),
    ("GET", "/api/v1/products", None),
    ("GET", "/api/v1/calendars/US?first_year=2027&last_year=2027", None),
    ("POST", "/api/v1/quotes", {}),
    ("POST", "/api/v1/sign-ins/end", None),
    ("POST", "/api/admin/v1/sign-ins/end", None),
)


@pytest.mark.parametrize(("method", "path", "body"), ASKED_BY_ANYBODY)
async def test_who_is_disabled_is_not_even_told_what_anybody_is(
    door: Door, clerk: User, engine: AsyncEngine, *, method: str, path: str, body: object
) -> None:
    headers = {**bearer(door, clerk), "Idempotency-Key": uuid4().hex}
    assert (await door.http.request(method, path, json=body, headers=headers)).status_code in {200, 204, 422}
    assert (await door.post("admin", f"{USERS}/{clerk.id}/disable", {})).status_code == 200
    before = await on_record(engine, clerk)
    answer = await door.http.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:tenor:problem:not-authenticated")
    assert await on_record(engine, clerk) == before


async def test_a_role_is_the_one_a_user_has_now(door: Door, parts: Parts) -> None:
    user = await parts.users.create(
        email=f"{uuid4()}@lender.example", password_hash=hash_password(PASSWORD), role=Role.OPERATOR, at=now()
    )
    caller = Caller(user_id=user.id, role=Role.ADMIN)  # as it was when the token was issued
    held = {"Authorization": f"Bearer {door.people.tokens.issue(caller)}"}
    assert (await door.http.get(USERS, headers=held)).status_code == 403
    assert (await door.http.get("/api/admin/v1/receipts", headers=held)).status_code == 200


async def test_nobody_shuts_themselves_out(door: Door) -> None:
    answer = await door.post("admin", f"{USERS}/{door.people.users['admin'].id.upper()}/disable", {})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:tenor:problem:not-your-role")
    assert (await door.get("admin", USERS)).status_code == 200


async def test_who_was_erased_is_signed_out_and_not_let_in_again(door: Door, engine: AsyncEngine) -> None:
    person = {**SIGN_UP, "email": f"{uuid4().hex}@example.com"}
    signed_up = (await door.post(None, "/api/v1/customers", person)).json()
    credentials = {"username": person["email"], "password": PASSWORD}
    assert (await door.http.post("/api/v1/auth/token", json=credentials)).status_code == 200
    erase = f"/api/admin/v1/customers/{signed_up['customer_id']}/erase"
    assert (await door.post("admin", erase, {"reason": "asked for by letter"})).status_code == 200
    asked = text("SELECT ended_because FROM sign_ins WHERE user_id = :id")
    async with engine.connect() as connection:
        why = (await connection.scalars(asked, {"id": signed_up["user_id"]})).all()
    assert why == ["the customer was erased"]
    for deed, expected in (("enable", 410), ("disable", 200), ("sign-ins/end", 200)):
        assert (await door.post("admin", f"{USERS}/{signed_up['user_id']}/{deed}", {})).status_code == expected
