"""kill -9, on a whole stack of real processes: nothing is lost, nothing is done twice, and it goes on by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from demo.tenor import Tenor
from stack.stack import Stack

pytestmark = [pytest.mark.xdist_group("kills"), pytest.mark.timeout(300)]

UNAVAILABLE = httpx.codes.SERVICE_UNAVAILABLE


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack.temporary() as stack:
        yield stack


@pytest.fixture
async def borrower(stack: Stack) -> AsyncIterator["Borrower"]:
    async with Tenor.of(stack) as tenor, httpx.AsyncClient(base_url=stack.addresses.api, timeout=30) as http:
        person = await tenor.sign_up(
            {
                "email": f"{uuid4().hex}@example.com",
                "password": "correct horse battery",
                "given_name": "Ada",
                "family_name": "Lovelace",
                "date_of_birth": "1985-12-10",
                "country": "GB",
                "annual_income": {"amount": "90000.00", "currency": "USD"},
                "bank_account": "GB00TENOR0000009999",
            }
        )
        yield Borrower(stack, tenor, http, {"Authorization": f"Bearer {person.token}"})


class Borrower:
    """A customer who sends the same call again, with the same key, until there is an answer."""

    def __init__(self, stack: Stack, tenor: Tenor, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.stack, self.tenor = stack, tenor
        self._http, self._headers = http, headers

    async def once(self, path: str, body: Any, key: str) -> httpx.Response:
        return await self._http.post(path, json=body, headers={**self._headers, "Idempotency-Key": key})

    async def insist(self, path: str, body: Any, key: str | None = None) -> Any:
        key = key or uuid4().hex
        async with asyncio.timeout(60):
            while (answer := await self.once(path, body, key)).status_code == UNAVAILABLE:  # noqa: ASYNC110  as told to
                await asyncio.sleep(0.2)
        assert answer.is_success, answer.text
        return answer.json()

    async def look(self, path: str) -> Any:
        answer = await self._http.get(path, headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def offered_loan(self) -> str:
        wish = {
            "product_code": "personal-loan",
            "amount": {"amount": "1200.00", "currency": "USD"},
            "installments": 12,
        }
        loan_id: str = (await self.insist("/api/v1/loans", wish))["loan_id"]
        await self.until(loan_id, "offered")
        return loan_id

    async def accept(self, loan_id: str) -> None:
        digest = (await self.look(f"/api/v1/loans/{loan_id}/offer"))["digest"]
        await self.insist(f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest})

    async def active_loan(self) -> str:
        loan_id = await self.offered_loan()
        await self.accept(loan_id)
        await self.until(loan_id, "active")
        return loan_id

    async def until(self, loan_id: str, status: str) -> None:
        async with asyncio.timeout(60):
            while (await self.look(f"/api/v1/loans/{loan_id}"))["status"] != status:  # noqa: ASYNC110  no event over HTTP
                await asyncio.sleep(0.05)

    async def books_balance(self) -> None:
        for book in (await self.tenor.operator.get("/api/admin/v1/ledger/trial-balance"))["currencies"]:
            assert book["total"]["amount"] == "0.00", book

    async def rail_behaves(self, **behaviour: Any) -> None:
        key = self.stack.site.credentials.sandbox_admin_key
        async with httpx.AsyncClient(base_url=self.stack.addresses.sandbox) as sandbox:
            answer = await sandbox.put("/switches/payments", json=behaviour, headers={"Authorization": f"Bearer {key}"})
        assert answer.is_success, answer.text


async def test_a_worker_killed_in_the_middle_of_a_disbursement_pays_out_once(borrower: Borrower) -> None:
    await borrower.rail_behaves(slow=1.5)
    loan_id = await borrower.offered_loan()
    await borrower.accept(loan_id)
    borrower.stack.kill("worker")
    await asyncio.to_thread(borrower.stack.restart, "worker")
    await borrower.rail_behaves()
    await borrower.until(loan_id, "active")
    payouts = await borrower.tenor.payouts(loan_id)
    assert [(payout["key"], payout["outcome"]) for payout in payouts] == [(f"{loan_id}-payout-1", "settled")]
    await borrower.books_balance()


async def test_a_worker_killed_in_the_middle_of_payments_books_each_once(borrower: Borrower) -> None:
    loan_id = await borrower.active_loan()
    path, keys = f"/api/v1/loans/{loan_id}/payments", [uuid4().hex for _ in range(20)]
    five = {"amount": {"amount": "5.00", "currency": "USD"}}
    sending = [asyncio.create_task(borrower.insist(path, five, key)) for key in keys]
    await asyncio.sleep(0)
    while not any(task.done() for task in sending):  # noqa: ASYNC110  in the middle: some are booked, some are not
        await asyncio.sleep(0.01)
    borrower.stack.kill("worker")
    await asyncio.to_thread(borrower.stack.restart, "worker")
    receipts = await asyncio.gather(*sending)
    again = await asyncio.gather(*(borrower.insist(path, five, key) for key in keys))
    assert again == receipts
    booked = (await borrower.look(f"/api/v1/loans/{loan_id}/transactions"))["transactions"]
    assert len([fact for fact in booked if fact["kind"] == "payment"]) == len(keys)
    await borrower.books_balance()


@pytest.mark.parametrize("part", ["temporal", "postgres"])
async def test_while_a_server_is_away_the_answer_is_503_and_it_works_again_by_itself(
    borrower: Borrower, part: str
) -> None:
    loan_id = await borrower.active_loan()
    path, key = f"/api/v1/loans/{loan_id}/payments", uuid4().hex
    five = {"amount": {"amount": "5.00", "currency": "USD"}}
    borrower.stack.kill(part)
    began = time.monotonic()
    away = await borrower.once(path, five, key)
    assert away.status_code == UNAVAILABLE
    assert int(away.headers["Retry-After"]) > 0
    assert away.headers["content-type"] == "application/problem+json"
    assert time.monotonic() - began < 15
    await asyncio.to_thread(borrower.stack.restart, part)
    receipt = await borrower.insist(path, five, key)
    assert await borrower.insist(path, five, key) == receipt
    booked = (await borrower.look(f"/api/v1/loans/{loan_id}/transactions"))["transactions"]
    assert len([fact for fact in booked if fact["kind"] == "payment"]) == 1
    await borrower.books_balance()
