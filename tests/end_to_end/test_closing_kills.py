"""kill -9 in the middle of a close of business: another worker goes on, and nothing accrues twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from chaos.back_office import LOANS_OF_A_PARTITION, SETTINGS, buy
from chaos.closed_days import days_are_closed_once
from infrastructure.payload_codec import converter_of
from infrastructure.postgres.audit.subledger import CHECKS
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.portfolio import ALL_IDS
from stack.blueprint import TENOR
from stack.stack import Stack
from workflows.closing import start_closing

pytestmark = [pytest.mark.timeout(120)]

LOANS = 4 * LOANS_OF_A_PARTITION
THIRD_PARTITION = {"first": UUID(int=ALL_IDS // 2), "after": UUID(int=3 * ALL_IDS // 4)}
ONLY_THE_WORKER = replace(
    TENOR, early=(), late=tuple(service for service in TENOR.late if service.name == "worker"), beside=()
)

# Whoever closes a day waits for this row, and the partition with it.
HOLD = text("SELECT FROM accruals WHERE loan_id >= :first AND active ORDER BY loan_id LIMIT 1 FOR UPDATE")
DONE = text("""
SELECT count(*) FILTER (WHERE loan_id >= :first AND loan_id < :after) AS held,
       count(*) FILTER (WHERE loan_id < :first OR loan_id >= :after) AS others
  FROM accruals WHERE active AND accrued_through >= :day
""")
OTHERS = text("SELECT count(*) FROM accruals WHERE active AND (loan_id < :first OR loan_id >= :after)")


@dataclass
class Portfolio:
    stack: Stack
    engine: AsyncEngine
    client: Client
    bought: date

    async def until_all_but_one_partition_has(self, day: date) -> None:
        async with asyncio.timeout(30), self.engine.connect() as connection:
            wanted = await connection.scalar(OTHERS, THIRD_PARTITION)
            while True:
                done: Any = (await connection.execute(DONE, THIRD_PARTITION | {"day": day})).one()
                assert done.held == 0
                if done.others == wanted:
                    return
                await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack.temporary(ONLY_THE_WORKER, SETTINGS) as stack:
        yield stack


@pytest.fixture
async def portfolio(stack: Stack) -> AsyncIterator[Portfolio]:
    bought = await buy(stack.addresses.owner_database, LOANS, days=3)
    engine = create_engine(stack.addresses.application_database)
    client = await Client.connect(
        stack.addresses.temporal, data_converter=converter_of(stack.site.credentials.local_keys)
    )
    yield Portfolio(stack, engine, client, bought)
    await engine.dispose()


async def test_a_worker_killed_between_partitions_leaves_a_day_that_the_next_one_finishes(portfolio: Portfolio) -> None:
    """The third of four partitions is held up by somebody else's lock, so the moment of the kill is no matter of luck:
    a lane is done, another has died in its first statement, and days that were missed are still to come."""
    day, last = portfolio.bought + timedelta(days=1), portfolio.bought + timedelta(days=3)
    async with portfolio.engine.begin() as somebody:
        await somebody.execute(HOLD, THIRD_PARTITION)
        close = await start_closing(portfolio.client, last)
        await portfolio.until_all_but_one_partition_has(day)
        portfolio.stack.kill("worker")
    await asyncio.to_thread(portfolio.stack.restart, "worker")
    async with asyncio.timeout(60):
        closed = await close.result()
    assert closed.days == tuple(portfolio.bought + timedelta(days=n) for n in (1, 2, 3))
    finding = await days_are_closed_once(portfolio.stack, portfolio.bought, last)
    assert finding.holds, finding.says
    async with portfolio.engine.connect() as connection:
        for check in CHECKS:
            assert not (await check.ask(connection)).count, check.name
