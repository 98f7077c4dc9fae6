"""Coming in and going on: passwords, refresh tokens that are good once, accounts that are locked, and limits."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.main import create_app
from api.parts import Parts
from infrastructure.limits import Limits, TooMany
from infrastructure.postgres.lockouts import LOCKED_FOR, MOST_FAILURES, Lockouts
from infrastructure.postgres.sign_ins import SignInOver, SignIns
from infrastructure.postgres.users import User
from infrastructure.settings import Settings
from tests.api.conftest import PASSWORD, Door
from tests.api.desk import now

NOBODY = {"username": f"{uuid4()}@example.com", "password": "not anybody's"}  # and of no other test


async def sign_in(door: Door, user: User, password: str = PASSWORD) -> httpx.Response:
    return await door.http.post("/api/admin/v1/auth/token", json={"username": user.email, "password": password})


async def renewed(door: Door, token: str, root: str = "admin/v1") -> httpx.Response:
    return await door.http.post(f"/api/{root}/auth/refresh", json={"refresh_token": token})


async def test_a_refresh_token_is_good_for_the_next_two_tokens(door: Door, clerk: User) -> None:
    first: dict[str, Any] = (await sign_in(door, clerk)).json()
    second = (await renewed(door, first["refresh_token"])).json()
    third = (await renewed(door, second["refresh_token"], "v1")).json()
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    me = await door.http.get("/api/v1/me", headers={"Authorization": f"Bearer {third['access_token']}"})
    assert me.json()["id"] == clerk.id


async def test_a_refresh_token_used_twice_ends_the_sign_in_and_no_other(door: Door, clerk: User) -> None:
    stolen = (await sign_in(door, clerk)).json()["refresh_token"]
    elsewhere = (await sign_in(door, clerk)).json()["refresh_token"]
    heir = (await renewed(door, stolen)).json()["refresh_token"]
    for token in (stolen, heir):
        answer = await renewed(door, token)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:tenor:problem:not-authenticated")
    assert (await renewed(door, elsewhere)).status_code == 200


async def test_two_who_use_a_refresh_token_at_once_are_not_both_let_in(door: Door, clerk: User) -> None:
    token = (await sign_in(door, clerk)).json()["refresh_token"]
    answers = await asyncio.gather(*(renewed(door, token) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 4


async def test_a_refresh_token_is_good_for_nothing_after_signing_out(door: Door, clerk: User) -> None:
    token = (await sign_in(door, clerk)).json()["refresh_token"]
    for _ in range(2):
        out = await door.http.post("/api/admin/v1/auth/sign-out", json={"refresh_token": token})
        assert out.status_code == 204
    assert (await renewed(door, token)).status_code == 401


@pytest.mark.parametrize("token", ["x" * 43, "", "a b", "x" * 101, None, 7])
async def test_what_is_no_refresh_token_opens_nothing(door: Door, token: object) -> None:
    for path in ("refresh", "sign-out"):
        answer = await door.http.post(f"/api/v1/auth/{path}", json={"refresh_token": token})
        assert answer.status_code == (422 if token != "x" * 43 else {"refresh": 401, "sign-out": 204}[path])


async def test_a_sign_in_ends_with_its_hours_and_is_forgotten_later(engine: AsyncEngine, clerk: User) -> None:
    sign_ins = SignIns(engine, timedelta(hours=12))
    first = await sign_ins.begin(clerk.id, now())
    with pytest.raises(SignInOver):
        await sign_ins.renew(first, now() + timedelta(hours=12))
    await sign_ins.begin(clerk.id, now() + timedelta(days=60))
    async with engine.connect() as connection:
        kept = await connection.scalar(text("SELECT count(*) FROM sign_ins WHERE user_id = :id"), {"id": clerk.id})
    assert kept == 1


async def test_a_refresh_token_is_not_stored(engine: AsyncEngine, door: Door, clerk: User) -> None:
    token = (await sign_in(door, clerk)).json()["refresh_token"]
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT hash FROM refresh_tokens"))).all()
    assert token.encode() not in {row.hash for row in rows}


async def test_an_account_that_is_guessed_at_is_locked_until_an_admin_unlocks_it(door: Door, clerk: User) -> None:
    for _ in range(MOST_FAILURES):
        assert (await sign_in(door, clerk, "a wrong password")).status_code == 401
    locked = await sign_in(door, clerk)
    assert (locked.status_code, locked.json()["type"]) == (429, "urn:tenor:problem:too-many-attempts")
    assert 0 < int(locked.headers["Retry-After"]) <= LOCKED_FOR.total_seconds()
    unlocked = await door.post("admin", f"/api/admin/v1/users/{clerk.id}/unlock", {})
    assert unlocked.json()["id"] == clerk.id
    assert (await sign_in(door, clerk)).status_code == 200
    assert (await door.post("admin", f"/api/admin/v1/users/{uuid4()}/unlock", {})).status_code == 404


async def test_an_account_that_does_not_exist_is_locked_like_another(door: Door) -> None:
    answers = [await door.http.post("/api/v1/auth/token", json=NOBODY) for _ in range(MOST_FAILURES + 1)]
    assert [answer.status_code for answer in answers] == [401] * MOST_FAILURES + [429]
    assert 60 < int(answers[-1].headers["Retry-After"]) <= LOCKED_FOR.total_seconds()


async def test_whoever_knows_the_password_is_never_locked_out(door: Door, clerk: User) -> None:
    answers = await asyncio.gather(*(sign_in(door, clerk) for _ in range(MOST_FAILURES + 5)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_lock_opens_by_itself_and_guessing_on_does_not_prolong_it(engine: AsyncEngine, clerk: User) -> None:
    lockouts, start = Lockouts(engine), now()

    async def attempts(count: int, at: datetime) -> None:
        for _ in range(count):
            await lockouts.count(clerk.id, at)

    await attempts(MOST_FAILURES, start)
    for minute in range(1, 15):
        with pytest.raises(TooMany) as refused:
            await attempts(1, start + timedelta(minutes=minute))
        assert refused.value.retry_after == (15 - minute) * 60
    await attempts(MOST_FAILURES, start + LOCKED_FOR)
    with pytest.raises(TooMany):
        await attempts(1, start + LOCKED_FOR)


@pytest.fixture
async def busy(api_settings: Settings, parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """A door that lets one client in twenty times a minute, and one user ten times."""
    settings = api_settings.model_copy(update={"client_requests_per_minute": 20, "user_requests_per_minute": 10})
    app = create_app(settings, replace(parts, settings=settings, limits=Limits()))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://tenor.test") as http:
        yield http


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/admin/v1/branches"])
async def test_a_user_who_asks_too_often_waits_and_nobody_else_does(
    busy: httpx.AsyncClient, door: Door, path: str
) -> None:
    officer, operator = door.people.bearer("officer"), door.people.bearer("operator")
    answers = [await busy.get(path, headers=officer) for _ in range(12)]  # one more may pass where a minute turns
    assert [answer.status_code for answer in answers[:10]] == [200] * 10
    assert answers[-1].status_code == 429
    assert answers[-1].json()["type"] == "urn:tenor:problem:too-many-requests"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert (await busy.get(path, headers=operator)).status_code == 200


async def test_a_client_who_asks_too_often_waits_whoever_it_says_it_is(busy: httpx.AsyncClient) -> None:
    answers = [await busy.get("/api/v1/products") for _ in range(22)]  # one more may pass where a minute turns
    assert [answer.status_code for answer in answers[:20]] == [401] * 20
    assert answers[-1].status_code == 429
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert answers[-1].headers["X-Content-Type-Options"] == "nosniff"
    for probe in ("/healthz", "/readyz", "/metrics"):
        assert (await busy.get(probe)).status_code == 200
