"""What is done at the administrative door, and who is turned away, is noted: by the minute, without a name."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.main import create_admin_app, create_public_app
from api.parts import Parts
from infrastructure.postgres.door_log import KEPT, NOBODY, DoorLog
from infrastructure.settings import Settings
from tests.api.conftest import Door
from tests.api.desk import now

ORIGIN = "https://apply.lender.example"


async def noted(door: Door, **wanted: Any) -> list[dict[str, Any]]:
    answer = await door.get("admin", "/api/admin/v1/door-log", limit=200, **wanted)
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, Any]] = answer.json()["items"]
    return lines


async def noted_of_nobody(door: Door, action: str, times: int) -> list[dict[str, Any]]:
    """The lines of refusals to nobody in particular, once there are so many."""
    async with asyncio.timeout(10):
        while True:
            lines = [each for each in await noted(door, actor=NOBODY, status=401) if each["action"] == action]
            if sum(line["times"] for line in lines) >= times:
                return lines
            await asyncio.sleep(0.1)


async def test_a_deed_is_noted_with_who_did_it_to_what(door: Door) -> None:
    admin, officer = door.people.users["admin"], door.people.users["officer"]
    await door.post("admin", f"/api/admin/v1/users/{officer.id}/unlock", {})
    [line] = [each for each in await noted(door, actor=admin.id) if officer.id in each["subject"]]
    assert (line["action"], line["status"]) == ("POST /api/admin/v1/users/{user_id}/unlock", 200)


async def test_every_refusal_is_noted_and_looking_is_not(door: Door) -> None:
    officer, unknown = door.people.users["officer"], str(uuid4())
    await door.get("officer", "/api/admin/v1/users")
    await door.get("officer", f"/api/admin/v1/loans/{unknown}")
    await door.get("officer", "/api/admin/v1/branches")
    lines = {(each["action"], each["status"], each["subject"]) for each in await noted(door, actor=officer.id)}
    assert ("GET /api/admin/v1/users", 403, "") in lines
    assert ("GET /api/admin/v1/loans/{loan_id}", 404, f"loan_id={unknown}") in lines
    assert not [line for line in lines if line[1] < 400 and line[0].startswith("GET")]


async def test_a_knock_on_ones_own_loan_is_noted(door: Door) -> None:
    ada, loan_id = door.people.users["ada the operator"], await door.apply("ada")
    await door.get("ada the operator", f"/api/admin/v1/loans/{loan_id}")
    await door.post("ada the operator", f"/api/admin/v1/loans/{loan_id}/payments", {})
    lines = {(each["action"], each["subject"]) for each in await noted(door, actor=ada.id, status=403)}
    assert {
        ("GET /api/admin/v1/loans/{loan_id}", f"loan_id={loan_id}"),
        ("POST /api/admin/v1/loans/{loan_id}/payments", f"loan_id={loan_id}"),
    } <= lines


async def test_a_flood_without_a_name_is_one_line_a_minute(door: Door) -> None:
    for _ in range(30):
        await door.get(None, f"/api/admin/v1/loans/{uuid4()}/schedule")
    lines = await noted_of_nobody(door, "GET /api/admin/v1/loans/{loan_id}/schedule", 30)
    assert len(lines) <= 2  # the minute may have turned
    assert {line["subject"] for line in lines} == {""}


async def test_nobody_is_named_and_nothing_that_was_sent_is_kept(door: Door, engine: AsyncEngine) -> None:
    await door.http.post(
        "/api/admin/v1/auth/token", json={"username": "eve@lender.example", "password": "a wrong password"}
    )
    await noted_of_nobody(door, "POST /api/admin/v1/auth/token", 1)
    async with engine.connect() as connection:
        kept = str((await connection.execute(text("SELECT * FROM door_log"))).all())
    assert "eve@" not in kept


async def test_what_an_address_holds_is_noted_whatever_it_is(door: Door) -> None:
    for name in ("%00", "%ff%fe", "'; DROP TABLE door_log; --", "x" * 3000):
        assert (await door.get("officer", f"/api/admin/v1/receipts/{name}")).status_code == 404
    assert await noted(door, actor=door.people.users["officer"].id, status=404)


async def test_old_lines_are_forgotten(engine: AsyncEngine) -> None:
    log, actor = DoorLog(engine), uuid4().hex
    for at in (now() - KEPT - timedelta(days=1), now()):
        await log.note(actor=actor, action="POST /x", subject="", status=200, at=at)
    assert len((await log.page(actor=actor)).items) == 1


@pytest.fixture
async def open_to_a_page(api_settings: Settings, parts: Parts) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """The public door is open to one origin, the administrative one to none."""
    settings = api_settings.model_copy(update={"cors_origins": (ORIGIN,)})
    apps = {"public": create_public_app(settings, parts), "admin": create_admin_app(settings, parts)}
    clients = {
        name: httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tenor.test")
        for name, app in apps.items()
    }
    yield clients
    for client in clients.values():
        await client.aclose()


def preflight(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,idempotency-key",
    }


async def test_no_page_of_another_origin_may_call_unless_it_is_named(
    open_to_a_page: dict[str, httpx.AsyncClient], door: Door
) -> None:
    public, admin = open_to_a_page["public"], open_to_a_page["admin"]
    asked = await public.options("/api/v1/loans", headers=preflight(ORIGIN))
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)
    assert "Access-Control-Allow-Credentials" not in asked.headers
    for http, path, origin in (
        (public, "/api/v1/loans", "https://evil.example"),
        (admin, "/api/admin/v1/loans", ORIGIN),
        (door.http, "/api/v1/loans", ORIGIN),
    ):
        refused = await http.options(path, headers=preflight(origin))
        answered = await http.get(path, headers={"Origin": origin})
        assert refused.status_code in {400, 405}
        assert "Access-Control-Allow-Origin" not in {**refused.headers, **answered.headers}


async def test_each_door_stands_alone(open_to_a_page: dict[str, httpx.AsyncClient]) -> None:
    """Two processes can serve them: neither knows the other's addresses."""
    assert (await open_to_a_page["public"].get("/api/admin/v1/loans")).status_code == 404
    assert (await open_to_a_page["admin"].get("/api/v1/loans")).status_code == 404
    for http in open_to_a_page.values():
        assert (await http.get("/healthz")).status_code == 200
