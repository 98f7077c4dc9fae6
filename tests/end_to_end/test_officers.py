"""An application through officers' hands, on the whole house: asked, answered, approved, accepted, given back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from domain.people import Role
from domain.product import LoanProduct
from infrastructure.postgres.products import Products
from infrastructure.security import Caller, hash_password
from stack.postgres import EmbeddedPostgres
from stack.temporal_server import TemporalServer
from tests.api.desk import now
from tests.end_to_end.house import ADA, House, one_process
from tests.fakes import product
from tests.servers import fresh_database
from tests.workflows.lives import payloads
from workflows.options import workflow_id

ADMIN = "/api/admin/v1"
QUESTION, ANSWER = "Since when do you work there?", "Since May 2019, at Analytical Engines."
LENT: LoanProduct = product(code="returnable", cooling_off_days=14)


@pytest.fixture
async def house(postgres: EmbeddedPostgres, temporal_server: TemporalServer) -> AsyncIterator[House]:
    with fresh_database(postgres) as database:
        async with one_process(database, temporal_server) as house:
            await Products(house.engine).create(LENT, now())
            await house.post("/api/v1/customers", {**ADA, "family_name": "Mediumscore", "email": "tom@example.com"})
            house.headers = await _signed_in(house, "tom@example.com", str(ADA["password"]))
            yield house


async def _signed_in(house: House, email: str, password: str) -> dict[str, str]:
    token = await house.post("/api/v1/auth/token", {"username": email, "password": password})
    return {"Authorization": f"Bearer {token['access_token']}"}


@asynccontextmanager
async def officer(house: House) -> AsyncIterator[str]:
    """Whoever calls is an officer meanwhile."""
    user = await house.parts.users.create(
        email=f"{uuid4().hex}@lender.example",
        password_hash=hash_password("x" * 12),
        role=Role.OFFICER,
        level=2,
        at=now(),
    )
    applicant = house.headers
    token = house.parts.tokens.issue(Caller(user_id=user.id, role=user.role, customer_id=None))
    house.headers = {"Authorization": f"Bearer {token}"}
    yield user.id
    house.headers = applicant


async def _by_signal(house: House, loan_id: str, said: dict[str, Any]) -> None:
    handle = house.client.get_workflow_handle(workflow_id(loan_id))
    await handle.signal("decide", {"operation_id": uuid4().hex, "loan_id": loan_id, **said})


async def _answered(house: House, loan_id: str) -> None:
    path = f"/api/v1/loans/{loan_id}/information"
    async with asyncio.timeout(20):
        while not (await house.http.get(path, headers=house.headers)).is_success:  # noqa: ASYNC110  no event over HTTP
            await asyncio.sleep(0.05)
    assert (await house.get(path))["question"] == QUESTION
    await house.post(path, {"text": ANSWER})


async def test_a_loan_is_asked_about_approved_accepted_and_given_back(house: House) -> None:
    amount = {"amount": "1200.00", "currency": "USD"}
    application = {"product_code": LENT.code, "amount": amount, "installments": 12}
    loan_id = (await house.post("/api/v1/loans", application))["loan_id"]
    await house.until(loan_id, "referred")
    async with officer(house) as officer_id:
        await _by_signal(house, loan_id, {"actor": officer_id, "verdict": "request_information", "reason": QUESTION})
    await _answered(house, loan_id)
    async with officer(house):
        letters = (await house.get(f"{ADMIN}/loans/{loan_id}/correspondence"))["items"]
        assert [letter["text"] for letter in letters] == [ANSWER]
        other = {"amount": {"amount": "900.00", "currency": "USD"}, "installments": 6}
        await house.post(f"{ADMIN}/loans/{loan_id}/decision", {"verdict": "approve", "alternatives": [other]})
    digest = (await house.get(f"/api/v1/loans/{loan_id}/offers"))["items"][1]["digest"]
    paper = await house.http.get(
        f"/api/v1/loans/{loan_id}/offer/agreement.pdf", params={"digest": digest}, headers=house.headers
    )
    assert digest in PdfReader(BytesIO(paper.content)).pages[0].extract_text()
    await house.post(f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest})
    await house.until(loan_id, "active")
    owed = (await house.post(f"/api/v1/loans/{loan_id}/withdraw-from-credit", {}))["outstanding"]
    assert owed == {"amount": "900.00", "currency": "USD"}
    await house.post(f"/api/v1/loans/{loan_id}/payments", {"amount": owed})
    assert (await house.get(f"/api/v1/loans/{loan_id}"))["closure"] == "withdrawn"
    history = (await house.client.get_workflow_handle(workflow_id(loan_id)).fetch_history()).to_json()
    assert not [said for said in payloads(history) if "Analytical" in said or "127.0.0.1" in said]
