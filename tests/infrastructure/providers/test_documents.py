"""The identity provider gets each document before the question, to the byte and once, whatever goes wrong between."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from domain.errors import CustomerErased
from domain.evidence import IdentityOutcome, IdentityResult
from domain.ports import ProviderRefused, ProviderUnavailable
from infrastructure.providers import kyc
from infrastructure.providers.connection import ProviderConnection, SentFile
from infrastructure.providers.kyc import HttpIdentityProvider
from tests.fakes import FakeDocuments
from tests.files import pdf
from tests.infrastructure.providers.customers import CustomersInMemory
from tests.sandbox.running import Sandbox, served

KEY = "loan-1/kyc"
PASSPORT, PAYSLIP = pdf(b"% a passport"), pdf(b"% a payslip, and much more" + b" " * 3_000_000)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@pytest.fixture
def documents() -> FakeDocuments:
    return FakeDocuments(PASSPORT, PAYSLIP)


@pytest.fixture
def provider(
    connect: Callable[[str], ProviderConnection], customers: CustomersInMemory, documents: FakeDocuments
) -> HttpIdentityProvider:
    return HttpIdentityProvider(connect("kyc"), customers, documents)


async def check(provider: HttpIdentityProvider, key: str = KEY) -> IdentityResult:
    now = datetime.now(UTC)
    return await provider.check(key=key, loan_id="loan-1", customer_id="customer-1", documents_until=now)


async def held(sandbox: Sandbox, key: str = KEY) -> list[dict[str, Any]]:
    answer: dict[str, Any] = (await sandbox.ask("GET", "/kyc/documents", params={"check": key})).json()
    return [dict(one) for one in answer["documents"]]


async def test_each_document_is_with_the_provider_when_it_checks(
    provider: HttpIdentityProvider, documents: FakeDocuments, sandbox: Sandbox
) -> None:
    assert (await check(provider)).outcome is IdentityOutcome.PASSED
    sent = [(one["digest"], one["size"], one["kind"], one["media_type"]) for one in await held(sandbox)]
    assert sent == [(digest(one), len(one), "passport", "application/pdf") for one in (PASSPORT, PAYSLIP)]
    assert documents.handed_out == [(KEY, PASSPORT), (KEY, PAYSLIP)]


async def test_who_asks_again_sends_nothing_again_and_another_check_gets_its_own(
    provider: HttpIdentityProvider, documents: FakeDocuments, sandbox: Sandbox
) -> None:
    for _ in range(3):
        await check(provider)
    assert len(documents.handed_out) == len(await held(sandbox)) == 2
    await check(provider, "loan-1/kyc-1")
    assert len(documents.handed_out) == 4
    assert len(await held(sandbox, "loan-1/kyc-1")) == len(await held(sandbox)) == 2


async def test_a_provider_that_fails_in_the_middle_gets_the_rest_later(
    provider: HttpIdentityProvider, documents: FakeDocuments, sandbox: Sandbox
) -> None:
    await sandbox.switch("kyc", commit_then_time_out=True)
    with pytest.raises(ProviderUnavailable, match=r"no answer within|HTTP 504"):
        await check(provider)
    assert [one["digest"] for one in await held(sandbox)] == [digest(PASSPORT)]
    await sandbox.switch("kyc")
    assert (await check(provider)).outcome is IdentityOutcome.PASSED
    assert documents.handed_out == [(KEY, PASSPORT), (KEY, PAYSLIP)]
    assert len(await held(sandbox)) == 2


async def test_an_upload_that_comes_twice_is_kept_once(
    connect: Callable[[str], ProviderConnection], sandbox: Sandbox
) -> None:
    fields = {"check": KEY, "kind": "passport", "digest": digest(PASSPORT)}
    file = SentFile(name="passport", media_type="application/pdf", content=PASSPORT)
    twice = [await connect("kyc").upload("/kyc/documents", key="k", fields=fields, file=file) for _ in range(2)]
    assert twice[0] == twice[1]
    assert len(await held(sandbox)) == 1


async def test_nothing_is_opened_while_the_provider_is_away(
    provider: HttpIdentityProvider, documents: FakeDocuments, sandbox: Sandbox
) -> None:
    await sandbox.switch("kyc", down=True)
    with pytest.raises(ProviderUnavailable, match="kyc: HTTP 503"):
        await check(provider)
    assert documents.handed_out == []


async def test_a_provider_that_takes_no_documents_refuses_by_its_code(
    provider: HttpIdentityProvider, sandbox: Sandbox
) -> None:
    await sandbox.switch("kyc", refuse=True)
    with pytest.raises(ProviderRefused, match=r"^refused$"):
        await check(provider)
    assert await held(sandbox) == []


async def test_a_provider_that_lost_the_documents_gets_them_again(
    provider: HttpIdentityProvider, documents: FakeDocuments, sandbox: Sandbox
) -> None:
    await sandbox.switch("kyc", commit_then_time_out=True)
    with pytest.raises(ProviderUnavailable):
        await check(provider)
    await sandbox.forget()
    await sandbox.switch("kyc")
    assert (await check(provider)).outcome is IdentityOutcome.PASSED
    assert len(await held(sandbox)) == 2


async def test_of_somebody_who_was_erased_nothing_is_sent(
    provider: HttpIdentityProvider, documents: FakeDocuments, sandbox: Sandbox
) -> None:
    documents.refusal = CustomerErased("the customer was erased")
    with pytest.raises(CustomerErased):
        await check(provider)
    assert await held(sandbox) == []


@pytest.mark.parametrize(
    ("has", "receipt"),
    [
        ({"documents": []}, {"digest": "0" * 64}),
        ({"documents": []}, {}),
        ({"documents": [{"digest": "?"}]}, {"digest": digest(PASSPORT)}),
        ([], {"digest": digest(PASSPORT)}),
    ],
)
async def test_a_provider_that_does_not_say_what_it_has_is_asked_again(
    http: httpx.AsyncClient, customers: CustomersInMemory, has: object, receipt: object
) -> None:
    app = Starlette()
    app.add_route("/kyc/documents", lambda request: JSONResponse(has), methods=["GET"])
    app.add_route("/kyc/documents", lambda request: JSONResponse(receipt), methods=["POST"])
    async with served(app) as url:
        stranger = ProviderConnection(name="kyc", base_url=url, api_key="k", http=http, timeout_seconds=2)
        with pytest.raises(ProviderUnavailable, match="not what was agreed on"):
            await check(HttpIdentityProvider(stranger, customers, FakeDocuments(PASSPORT)))


async def test_a_provider_that_does_not_know_the_check_yet_gets_everything(
    http: httpx.AsyncClient, customers: CustomersInMemory
) -> None:
    came: list[str] = []

    async def unknown(request: Request) -> JSONResponse:
        return JSONResponse({"code": "no_such_check"}, status_code=404)

    async def take(request: Request) -> JSONResponse:
        async with request.form() as form:
            came.append(str(form["digest"]))
        return JSONResponse({"digest": came[-1]})

    app = Starlette()
    app.add_route("/kyc/documents", unknown, methods=["GET"])
    app.add_route("/kyc/documents", take, methods=["POST"])
    app.add_route("/kyc/checks", unknown, methods=["POST"])
    async with served(app) as url:
        stranger = ProviderConnection(name="kyc", base_url=url, api_key="k", http=http, timeout_seconds=2)
        with pytest.raises(ProviderRefused, match="no_such_check"):
            await check(HttpIdentityProvider(stranger, customers, FakeDocuments(PASSPORT)))
    assert came == [digest(PASSPORT)]


async def test_an_attempt_ends_before_its_time_is_out(
    provider: HttpIdentityProvider, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one goes on where it was."""
    monkeypatch.setattr(kyc, "SENDING_SECONDS", 0.1)
    await sandbox.switch("kyc", slow=0.2)
    async with asyncio.timeout(5):
        with pytest.raises(ProviderUnavailable, match="kyc: documents are still to be sent"):
            await check(provider)


def test_a_file_shows_nothing_of_itself() -> None:
    assert "passport" not in repr(SentFile(name="document", media_type="application/pdf", content=PASSPORT))
