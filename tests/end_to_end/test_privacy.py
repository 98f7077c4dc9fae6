"""One loan lived on a whole stack, by somebody who must be found nowhere in what it left behind."""

import asyncio
import gzip
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

import asyncpg
import httpx
import pytest
from temporalio.client import Client

from demo.stage import Stage, Story, usd
from demo.tenor import Tenor
from infrastructure.histories import runs_of
from stack.stack import Stack
from stack.temporal_server import executable

PERSON: Final = {
    "given_name": "Wilhelmina-Ottoline",
    "family_name": "Featherstonehaugh",
    "date_of_birth": "1971-11-07",
    "country": "US",
    "email": "w.ottoline@featherstonehaugh.example",
    "password": "correct horse battery staple",
    "annual_income": {"amount": "87654.31", "currency": "USD"},
    "bank_account": "US-000777333111",
}
PERSONAL: Final = (
    "Wilhelmina", "Featherstonehaugh", "1971-11-07", "w.ottoline", "correct horse", "87654.31", "8765431",
    "US-000777333111", "000777333111",
)  # fmt: skip
TABLES: Final = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace"


class Spans:
    """An OTLP collector that keeps what it is sent, as it came."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    @contextmanager
    def listening(self) -> Iterator[str]:
        kept = self.bodies

        class Hear(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Hear)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def spans() -> Spans:
    return Spans()


@pytest.fixture(scope="module")
def stack(spans: Spans) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patch, spans.listening() as address:
        patch.setenv("TENOR_OTLP_ENDPOINT", address)
        patch.setenv("TENOR_LOG_LEVEL", "DEBUG")
        with Stack.temporary() as stack:
            yield stack


@pytest.fixture(scope="module")
async def lived(stack: Stack) -> AsyncIterator[Stage]:
    """A loan that was applied for, paid out, paid on, and looked at by everybody."""
    async with Tenor.of(stack) as tenor:
        stage = Stage(tenor, STORY)
        await stage.play()
        assert [check.shortfall for check in stage.checks if not check.holds] == []
        yield stage


async def _live(stage: Stage) -> None:
    await stage.apply("personal-loan", "1500.00", 12)
    await stage.until("offered")
    await stage.accept()
    await stage.until("active")
    await stage.pay(usd("100.00"))
    await stage.borrower.get("/api/v1/me")


STORY: Final = Story(name="privacy", title="Somebody", plot="Lives, and leaves no trace.", borrower=PERSON, act=_live)


def found_in(text: bytes) -> list[str]:
    """Personal values, as they are or in base64 at any of its three offsets."""
    return [value for value in PERSONAL if any(form in text for form in _forms(value.encode()))]


def _forms(value: bytes) -> list[bytes]:
    shifted = [b64encode(b"\0" * skip + value)[-(-8 * skip // 6) : (8 * (skip + len(value))) // 6] for skip in range(3)]
    return [value, value.lower(), value.hex().encode(), *shifted]


@pytest.mark.parametrize("value", PERSONAL)
@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_the_search_finds_what_is_there(value: str, before: str) -> None:
    said = f"{before}{value} and more".encode()
    assert value in found_in(said)
    assert value in found_in(b64encode(said))
    assert value in found_in(said.hex().encode())


async def test_no_table_holds_anything_personal(stack: Stack, lived: Stage) -> None:
    connection = await asyncpg.connect(stack.addresses.owner_database.replace("+asyncpg", ""))
    try:
        tables = [row["relname"] for row in await connection.fetch(TABLES)]
        rows = [
            f"{table}: {row['line']}"
            for table in tables
            for row in await connection.fetch(f'SELECT row_to_json(t)::text AS line FROM "{table}" t')  # noqa: S608
        ]
    finally:
        await connection.close()
    assert lived.loan_id in "\n".join(rows)
    assert {row: found for row in rows if (found := found_in(row.encode()))} == {}


async def test_no_history_holds_anything_personal_and_none_can_be_read_without_the_key(
    stack: Stack, lived: Stage
) -> None:
    client = await Client.connect(stack.addresses.temporal)
    runs = [run async for execution in client.list_workflows() for run in await runs_of(client, execution.id)]
    raw = b"".join(event.SerializeToString() for run in runs for event in run.events)
    assert found_in(raw) == []
    opened = b"".join(event.SerializeToString() for run in lived.readable for event in run.events)
    assert (b"installments" in raw, b"installments" in opened) == (False, True)
    assert found_in(opened) == []


async def test_no_log_and_no_trace_holds_anything_personal(stack: Stack, lived: Stage, spans: Spans) -> None:
    logs = {log.name: log.read_bytes() for log in stack.site.logs.glob("*.log") if log.name != "sandbox.log"}
    assert lived.loan_id.encode() in logs["worker.log"]
    assert {name: found for name, text in logs.items() if (found := found_in(text))} == {}
    async with asyncio.timeout(20):  # they are sent in batches
        while lived.loan_id.encode() not in b"".join(spans.bodies):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert found_in(b"".join(spans.bodies)) == []


async def test_the_cli_shows_a_loan_to_those_with_a_token(stack: Stack, lived: Stage) -> None:
    codec = ("--codec-endpoint", f"{stack.addresses.api}/api/admin/v1/codec")
    opened = _cli(stack, lived.loan_id, *codec, "--codec-auth", f"Bearer {lived.tenor.officer.token}")
    written = [form.decode() for form in _forms(b"installments")]
    assert any(form in opened for form in written)
    assert not any(form in _cli(stack, lived.loan_id) for form in written)


def _cli(stack: Stack, loan_id: str, *more: str) -> str:
    command = [str(executable()), "workflow", "show", "--workflow-id", f"loan-{loan_id}", "--output", "json"]
    where = ["--address", stack.addresses.temporal, *more]
    return subprocess.run([*command, *where], capture_output=True, text=True, check=True).stdout


async def test_the_web_ui_is_told_where_to_ask(stack: Stack) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        told = (await http.get(f"{stack.addresses.temporal_ui}/api/v1/settings")).json()
        assert told["Codec"]["Endpoint"] == f"{stack.addresses.api}/api/admin/v1/codec"
        asks = {"Origin": stack.addresses.temporal_ui, "X-Namespace": "default"}
        answer = await http.post(f"{told['Codec']['Endpoint']}/decode", json={"payloads": []}, headers=asks)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, asks["Origin"])
