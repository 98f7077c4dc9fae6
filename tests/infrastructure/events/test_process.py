"""The relay as a process: killed while it works, and started again."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.notices import Notice, NoticeEvent
from infrastructure.postgres.products import Products
from tests.fakes import product
from tests.infrastructure.events.conftest import Event, Listener, Post
from tests.infrastructure.events.test_relay import DISBURSED
from tests.infrastructure.postgres.conftest import NOON
from tests.sandbox.conftest import one_sandbox, sandbox
from tests.sandbox.running import Sandbox
from tests.servers import Database

__all__ = ["one_sandbox", "sandbox"]  # fixtures

CHECKOUT = Path(__file__).parents[3]


@contextmanager
def relay_process(database: Database, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`python relay.py`, killed at the end if it still lives."""
    told = {
        "TENOR_ENVIRONMENT": "development",
        "TENOR_DATABASE_URL": database.application_url,
        "TENOR_RELAY_METRICS_PORT": "0",
        "TENOR_WEBHOOKS_ALLOW_PRIVATE": "true",
        **settings,
    }
    process = subprocess.Popen([sys.executable, "relay.py"], cwd=CHECKOUT, env=os.environ | told)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(120)
async def test_a_relay_killed_at_any_moment_loses_nothing_and_mixes_up_nothing(
    post: Post, listener: Listener, database: Database
) -> None:
    killed = asyncio.Event()

    def take_a_few(event: Event) -> int:
        if len(listener.heard) >= 5 and not killed.is_set():
            killed.set()
        return 200

    listener.answer = take_a_few
    await post.subscribe(listener.url)
    loans = [await post.bank.disbursed() for _ in range(4)]
    with relay_process(database):
        async with asyncio.timeout(30):
            await killed.wait()
    await post.let_pass(hours=1)
    with relay_process(database) as process:
        await post.until(lambda: len({event["id"] for event in listener.heard}) == 4 * DISBURSED)
        process.terminate()
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(process.wait) == 0
    for loan_id in loans:
        heard = listener.of_loans[loan_id]
        assert heard == sorted(heard)
        assert set(heard) == set(range(1, DISBURSED + 1))


@pytest.mark.timeout(120)
async def test_the_relay_sends_notices_with_the_settings_it_is_given(
    post: Post, sandbox: Sandbox, database: Database
) -> None:
    notices = (Notice(event=NoticeEvent.LOAN_DISBURSED, template="paid-out"),)
    await Products(post.engine).create(product(code="told", notices=notices), NOON)
    await post.bank.disbursed(product_code="told")
    sender = {"TENOR_NOTIFIER_URL": sandbox.url, "TENOR_NOTIFIER_API_KEY": sandbox.settings.api_key("notices")}

    async def sent() -> list[tuple[str, str]]:
        return [(notice["to"], notice["template"]) for notice in (await sandbox.ask("GET", "/notices")).json()]

    with relay_process(database, **sender):
        await post.until(sent)
    assert await sent() == [("ada@example.org", "paid-out")]
    [endpoint] = (await post.endpoints.page(NOON)).items
    assert (endpoint.kind, endpoint.url, endpoint.secrets) == ("notifier", sandbox.url, ())
