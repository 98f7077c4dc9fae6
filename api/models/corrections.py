"""Corrections of a running loan as they are asked for, and what each would change."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field

from api.models.base import IsoDate, Model, MoneyView, PositiveAmount, Text, View, WholeNumber
from api.models.loans import BalancesView, ScheduleRowView
from domain.commands import AddCharge, ChargeOff, RefundCredit, ReverseTransaction, Waive
from domain.ledger import Account, JournalEntry
from domain.money import Money
from domain.position import Installment
from domain.preview import Look, Preview, RowChange
from domain.status import LoanStatus
from domain.transaction import Component

Number = Annotated[WholeNumber, Field(ge=1, le=1_000_000, examples=[7])]


class Reversal(Model):
    """`transaction` is the number of the one to undo, as if it had never been."""

    transaction: Number
    reason: Text = Field(examples=["the direct debit was returned"])

    def command(self, operation_id: str, loan_id: str, actor: str) -> ReverseTransaction:
        return ReverseTransaction(
            operation_id=operation_id, loan_id=loan_id, actor=actor, transaction=self.transaction, reason=self.reason
        )


class Charge(Model):
    """Due on `due_date`; default: today."""

    component: Literal[Component.FEE, Component.PENALTY]
    amount: PositiveAmount
    reason: Text
    due_date: IsoDate | None = None

    def command(self, operation_id: str, loan_id: str, actor: str) -> AddCharge:
        return AddCharge(
            operation_id=operation_id,
            loan_id=loan_id,
            actor=actor,
            component=self.component,
            amount=self.amount.money,
            reason=self.reason,
            due_date=self.due_date,
        )


class Waiver(Model):
    """Of one installment, or oldest first."""

    component: Literal[Component.FEE, Component.PENALTY, Component.INTEREST]
    amount: PositiveAmount
    reason: Text
    installment: Number | None = None

    def command(self, operation_id: str, loan_id: str, actor: str) -> Waive:
        return Waive(
            operation_id=operation_id,
            loan_id=loan_id,
            actor=actor,
            component=self.component,
            amount=self.amount.money,
            reason=self.reason,
            installment=self.installment,
        )


class CreditRefund(Model):
    amount: PositiveAmount
    reason: Text

    def command(self, operation_id: str, loan_id: str, actor: str) -> RefundCredit:
        return RefundCredit(
            operation_id=operation_id, loan_id=loan_id, actor=actor, amount=self.amount.money, reason=self.reason
        )


class Loss(Model):
    reason: Text

    def command(self, operation_id: str, loan_id: str, actor: str) -> ChargeOff:
        return ChargeOff(operation_id=operation_id, loan_id=loan_id, actor=actor, reason=self.reason)


class LookView(View):
    """`outstanding` is what would close the loan."""

    status: LoanStatus
    balances: BalancesView
    outstanding: MoneyView

    @classmethod
    def of(cls, look: Look, currency: str) -> Self:
        balances = {part: Money(minor, currency) for part, minor in look.balances.items()}
        return cls(status=look.status, balances=BalancesView(**balances), outstanding=Money(look.payoff, currency))


class RowChangeView(View):
    """An installment that is changed. `before` null: it is new; `after` null: it is gone."""

    before: ScheduleRowView | None
    after: ScheduleRowView | None

    @classmethod
    def of(cls, change: RowChange, currency: str) -> Self:
        return cls(before=_row(change.before, currency), after=_row(change.after, currency))


_AMOUNTS = [name for name, field in ScheduleRowView.model_fields.items() if field.annotation is Money]


def _row(row: Installment | None, currency: str) -> ScheduleRowView | None:
    if row is None:
        return None
    amounts = {name: Money(getattr(row, name), currency) for name in _AMOUNTS}
    dates = {name: getattr(row, name) for name in ("start_date", "due_date", "paid_on")}
    return ScheduleRowView.model_validate({"number": row.number, **dates, **amounts})


class PostingView(View):
    """`amount` leaves `source` (its credit) and reaches `destination` (its debit)."""

    source: Account
    destination: Account
    amount: MoneyView


class EntryView(View):
    memo: str
    effective_date: date
    postings: list[PostingView]

    @classmethod
    def of(cls, entry: JournalEntry, currency: str) -> Self:
        postings = [
            PostingView(source=p.source, destination=p.destination, amount=Money(p.amount, currency))
            for p in entry.postings
        ]
        return cls(memo=entry.memo, effective_date=entry.effective_date, postings=postings)


class PreviewView(View):
    """What would change; nothing has. Both looks are as of `business_date`."""

    business_date: date
    before: LookView
    after: LookView
    rows: list[RowChangeView]
    entries: list[EntryView]

    @classmethod
    def of(cls, preview: Preview) -> Self:
        currency = preview.currency
        return cls(
            business_date=preview.business_date,
            before=LookView.of(preview.before, currency),
            after=LookView.of(preview.after, currency),
            rows=[RowChangeView.of(change, currency) for change in preview.rows],
            entries=[EntryView.of(entry, currency) for entry in preview.entries],
        )
