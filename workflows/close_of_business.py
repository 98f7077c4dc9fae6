"""CloseOfBusinessWorkflow: the portfolio's day."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from activities.portfolio import Agenda, ClosingOfBooks, Share, Work

from workflows.options import portfolio_step

SCHEDULED_FOR = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")

MOST_DAYS = 10  # of one run: some twenty-five events each


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOfBusiness:
    """`day` None: the day before the one on which the schedule starts the close. `lanes` work side by side."""

    day: date | None = None
    lanes: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The days that this run closed, and what was done in all of them."""

    days: tuple[date, ...]
    work: Work
    told: int


@workflow.defn(name="CloseOfBusiness")
class CloseOfBusinessWorkflow:
    @workflow.run
    async def run(self, close: CloseOfBusiness) -> Closed:
        """Days that were missed come first, one by one: each has entries and figures of its own."""
        through = close.day or _yesterday()
        agenda = await workflow.execute_activity_method(
            ClosingOfBooks.open_days, through, **portfolio_step(f"To {through}")
        )
        days, work, told = agenda.days[:MOST_DAYS], Work(), 0
        for day in days:
            work += await self._work_through(day, agenda, close.lanes)
            told += await self._finish(day)
        if len(days) < len(agenda.days):
            workflow.continue_as_new(CloseOfBusiness(day=through, lanes=close.lanes))
        return Closed(days=days, work=work, told=told)

    async def _work_through(self, day: date, agenda: Agenda, lanes: int) -> Work:
        shares = [
            Share(day=day, lane=lane, lanes=lanes, partitions=agenda.partitions, at=workflow.now())
            for lane in range(min(lanes, agenda.partitions))
        ]
        done = await asyncio.gather(*(self._share(share) for share in shares))
        return sum(done, Work())

    async def _share(self, share: Share) -> Work:
        summary = f"{share.day}, lane {share.lane + 1}: every {share.lanes}. of {share.partitions} partitions"
        return await workflow.execute_activity_method(ClosingOfBooks.work_through, share, **portfolio_step(summary))

    async def _finish(self, day: date) -> int:
        """Figures say what the day came to, so they are taken first; a loan that hears of it later has lost nothing."""
        await workflow.execute_activity_method(
            ClosingOfBooks.close_day, args=[day, workflow.now()], **portfolio_step(str(day))
        )
        return await workflow.execute_activity_method(ClosingOfBooks.tell_loans, day, **portfolio_step(str(day)))


def _yesterday() -> date:
    """The day before the scheduled one: a start that was held up closes the day that it was meant for."""
    meant_for = workflow.info().typed_search_attributes.get(SCHEDULED_FOR) or workflow.now()
    return meant_for.date() - timedelta(days=1)
