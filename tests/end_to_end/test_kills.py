"""kill -9, on a whole stack of real processes: nothing is lost, nothing is done twice, and it goes on by itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chaos.caller import Caller
from chaos.diary import Diary
from chaos.people import People
from chaos.run import Plan, run_chaos
from chaos.weather import Weather
from demo.tenor import Tenor
from stack.stack import Stack

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("kills"), pytest.mark.timeout(300)]

FIVE = {"amount": {"amount": "5.00", "currency": "USD"}}


class Lender:
    """A stack with one more borrower whenever a test wants one."""

    def __init__(self, stack: Stack, tenor: Tenor, http: httpx.AsyncClient) -> None:
        self.stack, self.tenor = stack, tenor
        chance, self.diary = Random(), Diary()  # noqa: S311  chance, not secrets
        self.people = People(tenor, http, chance, self.diary)
        self.rail = Weather(stack, chance, self.diary)

    async def lend(self) -> tuple[str, Caller]:
        loan_id = await self.people.borrow(account="9999")
        return loan_id, self.diary.loans[loan_id]

    async def payments(self, loan_id: str) -> list[Any]:
        booked = (await self.diary.loans[loan_id].look(f"/api/v1/loans/{loan_id}/transactions"))["transactions"]
        return [transaction for transaction in booked if transaction["kind"] == "payment"]

    async def books_balance(self) -> bool:
        books = (await self.tenor.operator.get("/api/admin/v1/ledger/trial-balance"))["currencies"]
        return [book["total"]["amount"] for book in books] == ["0.00"]


@pytest.fixture
async def lender(doomed_stack: Stack) -> AsyncIterator[Lender]:
    address = doomed_stack.addresses.api
    async with Tenor.of(doomed_stack) as tenor, httpx.AsyncClient(base_url=address, timeout=30) as http:
        yield Lender(doomed_stack, tenor, http)


async def test_a_worker_killed_in_the_middle_of_a_disbursement_pays_out_once(lender: Lender) -> None:
    await lender.rail.behave({"slow": 1.5})
    lending = asyncio.create_task(lender.lend())
    while not lender.people.accepted:  # noqa: ASYNC110  the moment in which the payout is on its way
        await asyncio.sleep(0.01)
    lender.stack.kill("worker")
    await asyncio.to_thread(lender.stack.restart, "worker")
    await lender.rail.clear_up()
    loan_id, _ = await lending
    payouts = await lender.tenor.payouts(loan_id)
    assert [(payout["key"], payout["outcome"]) for payout in payouts] == [(f"{loan_id}-payout-1", "settled")]
    assert await lender.books_balance()


async def test_a_worker_killed_in_the_middle_of_payments_books_each_once(lender: Lender) -> None:
    loan_id, caller = await lender.lend()
    path, keys = f"/api/v1/loans/{loan_id}/payments", [uuid4().hex for _ in range(20)]
    sending = [asyncio.create_task(caller.insist(path, FIVE, key)) for key in keys]
    while not any(task.done() for task in sending):  # noqa: ASYNC110  in the middle: some are booked, some are not
        await asyncio.sleep(0.01)
    lender.stack.kill("worker")
    await asyncio.to_thread(lender.stack.restart, "worker")
    receipts = await asyncio.gather(*sending)
    again = await asyncio.gather(*(caller.insist(path, FIVE, key) for key in keys))
    assert again == receipts
    assert len(await lender.payments(loan_id)) == len(keys)
    assert await lender.books_balance()


@pytest.mark.parametrize("part", ["temporal", "postgres"])
async def test_while_a_server_is_away_the_answer_is_503_and_it_works_again_by_itself(lender: Lender, part: str) -> None:
    loan_id, caller = await lender.lend()
    path, key = f"/api/v1/loans/{loan_id}/payments", uuid4().hex
    lender.stack.kill(part)
    began = time.monotonic()
    away = await caller.once(path, FIVE, key)
    assert away is not None
    assert away.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert int(away.headers["Retry-After"]) > 0
    assert away.headers["content-type"] == "application/problem+json"
    assert time.monotonic() - began < 15
    await asyncio.to_thread(lender.stack.restart, part)
    receipt = await caller.insist(path, FIVE, key)
    assert await caller.insist(path, FIVE, key) == receipt
    assert len(await lender.payments(loan_id)) == 1
    assert await lender.books_balance()


async def test_chaos_breaks_no_promise(doomed_stack: Stack) -> None:
    """`make chaos`, short."""
    outcome = await run_chaos(doomed_stack, Plan(seed=7, kills_each=1, minutes=0.2, imported=600), say=lambda _: None)
    assert [finding for finding in outcome.findings if not finding.holds] == []
    assert {kill.victim for kill in outcome.weather.kills} == {"worker", "temporal", "postgres"}
    assert outcome.diary.payments
