"""What a provider's broken, malicious or merely foreign answers become."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from domain.evidence import PayoutOutcome
from domain.money import Money
from domain.ports import ProviderRefused, ProviderUnavailable
from infrastructure.providers.bureau import HttpCreditBureau
from infrastructure.providers.connection import ProviderConnection
from infrastructure.providers.kyc import HttpIdentityProvider
from infrastructure.providers.payments import HttpPaymentRail
from tests.fakes import FakeDocuments
from tests.infrastructure.providers.customers import CustomersInMemory


@asynccontextmanager
async def hostile(raw: bytes, *, drip: float | None = None) -> AsyncIterator[str]:
    """A server that answers every connection with `raw`, and then, with `drip`, one more byte each so many seconds."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(raw)
            while drip is not None:
                await writer.drain()
                await asyncio.sleep(drip)
                writer.write(b" ")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def http_answer(status: int, body: bytes, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def json_answer(status: int, body: object) -> bytes:
    return http_answer(status, json.dumps(body).encode(), "content-type: application/json")


def connection(url: str, http: httpx.AsyncClient) -> ProviderConnection:
    return ProviderConnection(name="provider", base_url=url, api_key="k", http=http, timeout_seconds=0.5)


PASSED = {"key": "k", "reference": "r", "outcome": "passed", "reasons": []}


@pytest.mark.parametrize(
    "raw",
    [
        http_answer(200, b""),
        http_answer(200, b"<html>Welcome to the hotel's network, Ana Garcia</html>"),
        http_answer(200, b"\xff\xfe\x00"),
        http_answer(200, b"[" * 50_000),
        http_answer(200, b"{" + b" " * 100_000 + b"}"),
        http_answer(200, b"garbage", "content-encoding: gzip"),
        json_answer(200, []),
        json_answer(200, {}),
        json_answer(200, PASSED | {"outcome": "certainly"}),
        json_answer(200, PASSED | {"outcome": None}),
        json_answer(200, PASSED | {"reasons": "document_mismatch"}),
        json_answer(200, PASSED | {"reasons": ["Ana Garcia, born 1990-05-17, was not recognised"]}),
        json_answer(200, PASSED | {"reasons": ["x"] * 100}),
        json_answer(200, PASSED | {"reference": "r" * 300}),
        json_answer(200, PASSED | {"key": "another"}),
        json_answer(301, PASSED),
        json_answer(500, {"code": "refused"}),
        json_answer(429, {"code": "too_many_requests"}),
        json_answer(401, {"code": "unauthorized"}),
        json_answer(403, {"code": "forbidden"}),
        json_answer(409, {"code": "in_progress"}),
        http_answer(400, b"<html>Bad Request</html>"),
        http_answer(402, b"the proxy's subscription has ended"),
        http_answer(404, b"<html>nothing here</html>"),
        http_answer(410, b"gone"),
        http_answer(413, b""),
        http_answer(422, b"<html>Ana Garcia</html>"),
        json_answer(422, {"code": "Ana Garcia is not welcome"}),
        json_answer(422, {"error": "Ana Garcia"}),
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort",
        b"SSH-2.0-OpenSSH_9.9\r\n",
    ],
)
async def test_an_answer_that_cannot_be_believed_is_an_outage_and_shows_nothing_of_it(
    raw: bytes, http: httpx.AsyncClient, customers: CustomersInMemory
) -> None:
    async with hostile(raw) as url:
        with pytest.raises(ProviderUnavailable, match=r"^provider: ") as caught:
            await HttpIdentityProvider(connection(url, http), customers, FakeDocuments()).check(
                key="k", loan_id="loan-1", customer_id="customer-1"
            )
    assert "Ana" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (json_answer(422, {"code": "applicant_not_supported"}), "applicant_not_supported"),
        (json_answer(400, {"code": "bad_country", "message": "Ana Garcia"}), "bad_country"),
        (json_answer(404, {"code": "no_such_person"}), "no_such_person"),
    ],
)
async def test_a_refusal_carries_a_code_and_never_a_text(
    raw: bytes, reason: str, http: httpx.AsyncClient, customers: CustomersInMemory
) -> None:
    async with hostile(raw) as url:
        with pytest.raises(ProviderRefused) as caught:
            await HttpIdentityProvider(connection(url, http), customers, FakeDocuments()).check(
                key="k", loan_id="loan-1", customer_id="customer-1"
            )
    assert caught.value.reason == reason


async def test_fields_that_a_provider_adds_later_are_ignored(
    http: httpx.AsyncClient, customers: CustomersInMemory
) -> None:
    async with hostile(json_answer(200, PASSED | {"model_version": 7})) as url:
        adapter = HttpIdentityProvider(connection(url, http), customers, FakeDocuments())
        assert (await adapter.check(key="k", loan_id="loan-1", customer_id="customer-1")).reference == "r"


async def test_an_answer_that_drips_in_is_cut_off(http: httpx.AsyncClient, customers: CustomersInMemory) -> None:
    started = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"
    async with hostile(started, drip=0.1) as url:
        with pytest.raises(ProviderUnavailable, match="no answer within"):
            await HttpIdentityProvider(connection(url, http), customers, FakeDocuments()).check(
                key="k", loan_id="loan-1", customer_id="customer-1"
            )


async def test_an_endless_answer_is_cut_off(http: httpx.AsyncClient, customers: CustomersInMemory) -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_000
    async with hostile(endless, drip=0.1) as url:
        with pytest.raises(ProviderUnavailable, match="not what was agreed on"):
            await HttpIdentityProvider(connection(url, http), customers, FakeDocuments()).check(
                key="k", loan_id="loan-1", customer_id="customer-1"
            )


async def test_a_provider_that_is_not_there_is_an_outage(http: httpx.AsyncClient, customers: CustomersInMemory) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(ProviderUnavailable, match=r"cannot be reached \(ConnectError\)"):
            await HttpPaymentRail(connection(url, http), customers).status(key="k")


REPORT = {"reference": "r", "score": 700, "currency": "USD", "monthly_obligations": 1, "flags": []}


@pytest.mark.parametrize(
    "changed",
    [
        {"score": "700"},
        {"score": 700.5},
        {"score": -1},
        {"score": 10_000},
        {"monthly_obligations": -1},
        {"monthly_obligations": 12.5},
        {"monthly_obligations": 10**30},
        {"currency": "EUR"},
        {"currency": "usd"},
        {"flags": [{"name": "bankruptcy"}]},
    ],
)
async def test_a_credit_report_that_makes_no_sense_is_an_outage(
    changed: dict[str, object], http: httpx.AsyncClient, customers: CustomersInMemory
) -> None:
    async with hostile(json_answer(200, REPORT | changed)) as url:
        with pytest.raises(ProviderUnavailable, match="not what was agreed on"):
            await HttpCreditBureau(connection(url, http), customers).report(
                key="k", customer_id="customer-1", currency="USD"
            )


@pytest.mark.parametrize("changed", [{"outcome": "unknown"}, {"outcome": "paid"}, {"key": "another"}, {"key": 7}])
async def test_a_payout_answer_that_makes_no_sense_leaves_its_outcome_open(
    changed: dict[str, object], http: httpx.AsyncClient, customers: CustomersInMemory
) -> None:
    async with hostile(json_answer(200, {"key": "k", "outcome": "settled", "reason": None} | changed)) as url:
        with pytest.raises(ProviderUnavailable, match="not what was agreed on"):
            await HttpPaymentRail(connection(url, http), customers).send(
                key="k", loan_id="loan-1", customer_id="customer-1", amount=Money(1, "USD")
            )


async def test_only_the_provider_itself_can_say_that_a_key_is_unknown(
    http: httpx.AsyncClient, customers: CustomersInMemory
) -> None:
    async with hostile(json_answer(404, {"code": "unknown_key"})) as url:
        assert (
            await HttpPaymentRail(connection(url, http), customers).status(key="k")
        ).outcome is PayoutOutcome.UNKNOWN
    async with hostile(json_answer(404, {"detail": "Not Found"})) as url:
        with pytest.raises(ProviderUnavailable, match="HTTP 404"):
            await HttpPaymentRail(connection(url, http), customers).status(key="k")
    async with hostile(json_answer(422, {"code": "bad_key"})) as url:
        with pytest.raises(ProviderRefused, match="bad_key"):
            await HttpPaymentRail(connection(url, http), customers).status(key="k")
