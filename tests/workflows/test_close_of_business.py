"""The portfolio's day as a workflow: what it does in which order, after which accidents, and what that costs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, Worker

from activities.portfolio import ClosingOfBooks
from domain.portfolio import Partition
from domain.ports import BooksUnavailable
from infrastructure.histories import actions
from stack.temporal_server import TemporalServer
from tests.fakes import FakeBooks
from tests.namespaces import new_namespace
from tests.workflows.conftest import Lender
from workflows.close_of_business import MOST_DAYS, Closed, CloseOfBusinessWorkflow
from workflows.closing import SCHEDULE, schedule_closing, start_closing
from workflows.options import LOANS

FRIDAY = date(2026, 1, 16)


@dataclass
class FakePortfolio:
    """Remembers what was accrued. `accident` happens before a partition's work, as often as it likes."""

    last: date | None = FRIDAY - timedelta(days=1)
    count: int = 6
    changed: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    accident: Callable[[Partition, date], None] = lambda partition, day: None
    accrued: Counter[tuple[date, int]] = field(default_factory=Counter)
    closed: list[date] = field(default_factory=list)

    async def open_days(self, through: date) -> tuple[date, ...]:
        if self.last is None or self.last >= through:
            return (through,)
        return tuple(self.last + timedelta(days=n + 1) for n in range((through - self.last).days))

    async def is_done(self, day: date) -> bool:
        return day in self.closed and all((day, number) in self.accrued for number in range(self.count))

    async def partitions(self) -> int:
        return self.count

    async def accrue(self, partition: Partition, day: date, at: datetime) -> int:
        self.accident(partition, day)
        if (day, partition.number) in self.accrued:
            return 0
        self.accrued[day, partition.number] += 1
        return 10

    async def move(self, partition: Partition, day: date, at: datetime) -> int:
        return 0

    async def lost(self, partition: Partition, day: date) -> tuple[str, ...]:
        return self.losses if partition.number == 0 else ()

    async def moved(self, day: date) -> tuple[str, ...]:
        return self.changed

    async def close(self, day: date, at: datetime) -> None:
        self.last = max(day, self.last or day)
        self.closed.append(day)


@dataclass
class Listeners:
    heard: list[str] = field(default_factory=list)

    async def refresh(self, loan_id: str) -> None:
        self.heard.append(loan_id)


@dataclass
class Night:
    client: Client
    portfolio: FakePortfolio = field(default_factory=FakePortfolio)
    listeners: Listeners = field(default_factory=Listeners)

    async def close(self, day: date = FRIDAY) -> tuple[Closed, WorkflowHandle[CloseOfBusinessWorkflow, Closed]]:
        handle = await start_closing(self.client, day)
        return await handle.result(), handle

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        closing = ClosingOfBooks(self.portfolio, FakeBooks(), self.listeners)
        async with Worker(
            self.client, task_queue=LOANS, workflows=[CloseOfBusinessWorkflow], activities=closing.activities
        ):
            yield


@pytest.fixture
async def night(temporal_server: TemporalServer) -> AsyncIterator[Night]:
    namespace = await new_namespace(temporal_server.address)
    client = await Client.connect(temporal_server.address, namespace=namespace, data_converter=pydantic_data_converter)
    night = Night(client)
    async with night.worker():
        yield night
    replayer = Replayer(workflows=[CloseOfBusinessWorkflow], data_converter=pydantic_data_converter)
    async for execution in client.list_workflows("WorkflowType = 'CloseOfBusiness'"):
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        await replayer.replay_workflow(history)


async def test_a_day_is_done_in_all_partitions_and_then_has_its_figures(night: Night) -> None:
    closed, _ = await night.close()
    assert (closed.days, closed.work.accrued) == ((FRIDAY,), 60)
    assert night.portfolio.closed == [FRIDAY]


async def test_missed_days_are_closed_one_by_one(night: Night) -> None:
    closed, _ = await night.close(FRIDAY + timedelta(days=2))
    assert closed.days == tuple(FRIDAY + timedelta(days=n) for n in range(3))
    assert night.portfolio.closed == list(closed.days)
    assert set(night.portfolio.accrued.values()) == {1}


async def test_many_missed_days_are_spread_over_runs(night: Night) -> None:
    await night.close(FRIDAY + timedelta(days=MOST_DAYS + 1))
    assert len(night.portfolio.closed) == MOST_DAYS + 2


async def test_an_outage_in_the_middle_is_waited_for_and_nothing_is_done_twice(night: Night) -> None:
    fails = iter([True, True])

    def accident(partition: Partition, day: date) -> None:
        if partition.number == 4 and next(fails, False):
            raise BooksUnavailable("Postgres is restarting")

    night.portfolio.accident = accident
    await night.close()
    assert night.portfolio.accrued == Counter({(FRIDAY, number): 1 for number in range(6)})


async def test_a_loan_that_cannot_be_charged_off_holds_up_no_other(night: Night) -> None:
    night.portfolio.losses = ("refuses",)
    closed, _ = await night.close()
    assert (closed.work.accrued, closed.work.charged_off) == (60, 0)
    assert night.portfolio.closed == [FRIDAY]


async def test_the_same_day_again_does_nothing(night: Night) -> None:
    await night.close()
    closed, handle = await night.close()
    assert (closed.days, closed.work.accrued) == ((), 0)
    assert actions((await handle.fetch_history()).events).total() == 2


async def test_two_who_ask_at_once_share_one_close(night: Night) -> None:
    first, second = await asyncio.gather(start_closing(night.client, FRIDAY), start_closing(night.client, FRIDAY))
    await first.result()
    assert first.result_run_id == second.result_run_id


async def test_only_loans_that_changed_are_told(night: Night) -> None:
    night.portfolio.changed = ("7", "9")
    closed, _ = await night.close()
    assert (sorted(night.listeners.heard), closed.told) == (["7", "9"], 2)


async def test_a_day_costs_few_events_and_actions(night: Night) -> None:
    night.portfolio.count = 100
    _, handle = await night.close()
    history = await handle.fetch_history()
    assert len(history.events) < 60
    assert actions(history.events).total() < 12


async def test_the_schedule_is_made_once_and_closes_the_day_before(night: Night) -> None:
    night.portfolio.last = None
    await schedule_closing(night.client)
    await schedule_closing(night.client)
    schedule = night.client.get_schedule_handle(SCHEDULE)
    await schedule.trigger()
    async with asyncio.timeout(20):
        while not night.portfolio.closed:  # noqa: ASYNC110  a schedule tells nobody
            await asyncio.sleep(0.05)
    [execution] = [e async for e in night.client.list_workflows("WorkflowType = 'CloseOfBusiness'")]
    assert night.portfolio.closed == [execution.start_time.date() - timedelta(days=1)]
    await night.client.get_workflow_handle(execution.id).result()


async def test_a_loan_that_is_told_looks_at_its_books(lender: Lender) -> None:
    await lender.apply()
    await lender.until(lambda standing: standing.status == "offered")
    await lender.loan().signal("refresh")
    async with asyncio.timeout(20):
        while True:
            history = await lender.loan().fetch_history()
            markers = [e for e in history.events if e.HasField("marker_recorded_event_attributes")]
            if any("Look at the loan" in str(marker) for marker in markers):
                return
            await asyncio.sleep(0.05)
