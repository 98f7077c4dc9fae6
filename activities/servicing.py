"""Bookkeeping while a loan runs: one activity, one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio import activity

from domain.commands import (
    AddCharge,
    ChargeOff,
    GiveMandate,
    MakePayment,
    PassMilestones,
    RefundCredit,
    ReportDebitOverdue,
    ResolveDebit,
    ReverseTransaction,
    ReviewDebit,
    RevokeMandate,
    Waive,
    WithdrawFromCredit,
)
from domain.ports import LoanBooks
from domain.views import Outcome, Standing


class Servicing:
    """Local activities over the loan's books. `at` is the workflow's clock."""

    def __init__(self, books: LoanBooks) -> None:
        self._books = books

    @property
    def activities(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.make_payment,
            self.pass_milestones,
            self.reverse,
            self.charge,
            self.waive,
            self.refund_credit,
            self.charge_off,
            self.give_mandate,
            self.revoke_mandate,
            self.resolve_debit,
            self.report_debit_overdue,
            self.review_debit,
            self.withdraw_from_credit,
            self.look,
        ]

    @activity.defn(name="Book payment")
    async def make_payment(self, command: MakePayment, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.pay(command, at))

    @activity.defn(name="Pass milestone")
    async def pass_milestones(self, command: PassMilestones, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.pass_milestones(command.operation_id, at))

    @activity.defn(name="Reverse transaction")
    async def reverse(self, command: ReverseTransaction, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.reverse(command, at))

    @activity.defn(name="Add charge")
    async def charge(self, command: AddCharge, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.charge(command, at))

    @activity.defn(name="Waive")
    async def waive(self, command: Waive, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.waive(command, at))

    @activity.defn(name="Refund credit")
    async def refund_credit(self, command: RefundCredit, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.refund_credit(command, at))

    @activity.defn(name="Charge off")
    async def charge_off(self, command: ChargeOff, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.charge_off(command, at))

    @activity.defn(name="Give mandate")
    async def give_mandate(self, command: GiveMandate, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.give_mandate(command, at))

    @activity.defn(name="Revoke mandate")
    async def revoke_mandate(self, command: RevokeMandate, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.revoke_mandate(command, at))

    @activity.defn(name="Book debit's outcome")
    async def resolve_debit(self, command: ResolveDebit, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.resolve_debit(command, at))

    @activity.defn(name="Report debit overdue")
    async def report_debit_overdue(self, command: ReportDebitOverdue, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.report_debit_overdue(command, at))

    @activity.defn(name="Review debit")
    async def review_debit(self, command: ReviewDebit, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.review_debit(command, at))

    @activity.defn(name="Withdraw from credit")
    async def withdraw_from_credit(self, command: WithdrawFromCredit, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.withdraw_from_credit(command, at))

    @activity.defn(name="Look at the loan")
    async def look(self, loan_id: str) -> Standing:
        return await self._books.standing(loan_id)
