"""The close of business: a day of the whole portfolio, partition by partition."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from temporalio import activity

from domain.commands import PassMilestones
from domain.errors import DomainError
from domain.people import ENGINE
from domain.portfolio import Partition
from domain.ports import LoanBooks, LoanWorkflows, Portfolio

SIGNALS_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """Days to be closed, the oldest first, and in how many partitions; no days when all is done."""

    days: tuple[date, ...]
    partitions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Every `lanes`th partition of a day, beginning with `lane`. `at` is the workflow's clock."""

    day: date
    lane: int
    lanes: int
    partitions: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How many loans were accrued, changed their bucket, and were charged off."""

    accrued: int = 0
    moved: int = 0
    charged_off: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(
            accrued=self.accrued + other.accrued,
            moved=self.moved + other.moved,
            charged_off=self.charged_off + other.charged_off,
        )


class ClosingOfBooks:
    """Each can be repeated: what is done is not done again."""

    def __init__(self, portfolio: Portfolio, books: LoanBooks, workflows: LoanWorkflows) -> None:
        self._portfolio = portfolio
        self._books = books
        self._workflows = workflows

    @property
    def activities(self) -> list[Callable[..., Any]]:
        return [self.open_days, self.work_through, self.tell_loans, self.close_day]

    @activity.defn(name="Find days to close")
    async def open_days(self, through: date) -> Agenda:
        if await self._portfolio.is_done(through):
            return Agenda(days=(), partitions=0)
        return Agenda(days=await self._portfolio.open_days(through), partitions=await self._portfolio.partitions())

    @activity.defn(name="Accrue interest and age loans")
    async def work_through(self, share: Share) -> Work:
        done = Work()
        for number in range(share.lane, share.partitions, share.lanes):
            done += await self._work_through(Partition(number=number, count=share.partitions), share.day, share.at)
        return done

    async def _work_through(self, partition: Partition, day: date, at: datetime) -> Work:
        accrued = await self._portfolio.accrue(partition, day, at)
        moved = await self._portfolio.move(partition, day, at)
        lost = [await self._charge_off(loan_id, day, at) for loan_id in await self._portfolio.lost(partition, day)]
        return Work(accrued=accrued, moved=moved, charged_off=sum(lost))

    async def _charge_off(self, loan_id: str, day: date, at: datetime) -> bool:
        """A transaction of the loan, which folds: what its workflow does when it is awake. One loan that refuses holds
        up no other; its refusal is in its audit trail, and it is asked again the next day."""
        command = PassMilestones(operation_id=f"{loan_id}/close-of-business/{day}", loan_id=loan_id, actor=ENGINE)
        try:
            await self._books.write(command, at, lambda loan: loan.pass_milestones(command.operation_id, at))
        except DomainError as refusal:
            activity.logger.error("A loan cannot be charged off: %s", refusal, extra={"loan_id": loan_id})
            return False
        return True

    @activity.defn(name="Tell loans that changed")
    async def tell_loans(self, day: date) -> int:
        """Signals: after a failure some loans hear it twice, which changes nothing."""
        moved = await self._portfolio.moved(day)
        for some in _batches(moved, SIGNALS_AT_ONCE):
            await asyncio.gather(*map(self._workflows.refresh, some))
        return len(moved)

    @activity.defn(name="Take snapshot and figures")
    async def close_day(self, day: date, at: datetime) -> None:
        await self._portfolio.close(day, at)


def _batches(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
