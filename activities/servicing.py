"""Bookkeeping while a loan runs: one activity, one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio import activity

from domain.commands import MakePayment, PassMilestones
from domain.ports import LoanBooks
from domain.views import Outcome


class Servicing:
    """Local activities over the loan's books. `at` is the workflow's clock."""

    def __init__(self, books: LoanBooks) -> None:
        self._books = books

    @property
    def activities(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.make_payment, self.pass_milestones]

    @activity.defn(name="Book payment")
    async def make_payment(self, command: MakePayment, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.pay(command, at))

    @activity.defn(name="Pass milestone")
    async def pass_milestones(self, command: PassMilestones, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.pass_milestones(command.operation_id, at))
