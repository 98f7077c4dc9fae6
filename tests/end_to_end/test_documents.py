"""A document's way through the whole house: from its customer to the identity provider, once, whatever is away."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.evidence import verification_key
from domain.people import ENGINE
from infrastructure.postgres.documents import digest_of
from stack.postgres import EmbeddedPostgres
from stack.temporal_server import TemporalServer
from tests.end_to_end.house import House, one_process
from tests.files import pdf
from tests.servers import fresh_database

APPLICATION = {"product_code": "personal", "amount": {"amount": "1200.00", "currency": "USD"}, "installments": 12}


@pytest.fixture(scope="module")
async def house(postgres: EmbeddedPostgres, temporal_server: TemporalServer) -> AsyncIterator[House]:
    with fresh_database(postgres) as database:
        async with one_process(database, temporal_server) as house:
            yield house


async def show(house: House, content: bytes) -> dict[str, Any]:
    """The document as its customer is told of it."""
    headers = {**house.headers, "Idempotency-Key": uuid4().hex}
    files = {"file": ("passport.pdf", content, "application/pdf")}
    answer: httpx.Response = await house.http.post(
        "/api/v1/me/documents", data={"kind": "passport"}, files=files, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def at_the_provider(house: House, loan_id: str) -> list[tuple[str, int]]:
    """Digests and sizes."""
    key = verification_key(loan_id)
    answer = await house.sandbox.ask("GET", "/kyc/documents", params={"check": key})
    return [(one["digest"], one["size"]) for one in answer.json()["documents"]]


async def sent(house: House, loan_id: str) -> list[str]:
    """What the loan's record says that the engine handed out."""
    trail = await house.parts.views.audit_trail(loan_id)
    return [line.details["document"] for line in trail if (line.action, line.actor) == ("document_sent", ENGINE)]


async def test_a_document_goes_from_its_customer_to_the_provider_once(house: House) -> None:
    content = pdf(b"% " + uuid4().hex.encode())
    shown = await show(house, content)
    await house.sandbox.switch(
        "kyc", commit_then_time_out=True
    )  # each upload, and the check, is taken without an answer
    loan_id = await house.offered_loan()
    await house.sandbox.switch("kyc")
    assert (digest_of(content), len(content)) in await at_the_provider(house, loan_id)
    listed = (await house.get("/api/v1/me/documents"))["items"]
    assert sorted(await at_the_provider(house, loan_id)) == sorted((one["digest"], one["size"]) for one in listed)
    assert sorted(await sent(house, loan_id)) == sorted(one["id"] for one in listed)
    assert shown["id"] in await sent(house, loan_id)


async def test_an_outage_parks_the_loan_that_needs_the_provider_and_it_goes_on_by_itself(house: House) -> None:
    other = await house.active_loan()
    content = pdf(b"% " + uuid4().hex.encode())
    await show(house, content)
    await house.sandbox.switch("kyc", down=True)
    parked = (await house.post("/api/v1/loans", APPLICATION))["loan_id"]
    paid = await house.post(f"/api/v1/loans/{other}/payments", {"amount": {"amount": "10.00", "currency": "USD"}})
    assert paid["status"] == "active"
    assert (await house.get(f"/api/v1/loans/{parked}"))["status"] == "verifying"
    assert await sent(house, parked) == []
    await house.sandbox.switch("kyc")
    await house.until(parked, "offered")
    assert (digest_of(content), len(content)) in await at_the_provider(house, parked)
