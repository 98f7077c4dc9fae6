"""What a change would do to a loan, without doing it: the same rules over a loan that nobody stores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any

from domain.commands import AddCharge, ChargeOff, Command, MakePayment, RefundCredit, ReverseTransaction, Waive
from domain.ledger import JournalEntry, loan_balances
from domain.loan import Loan
from domain.position import Installment
from domain.status import LoanStatus

_DEEDS: dict[type[Command], Callable[[Loan, Any, datetime], object]] = {
    MakePayment: Loan.pay,
    ReverseTransaction: Loan.reverse,
    AddCharge: Loan.charge,
    Waive: Loan.waive,
    RefundCredit: Loan.refund_credit,
    ChargeOff: Loan.charge_off,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A loan at one moment, in minor units. `balances` by component, interest earned to the loan's business date."""

    status: LoanStatus
    balances: Mapping[str, int]
    payoff: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """`before` None: the row is new; `after` None: it is gone."""

    before: Installment | None
    after: Installment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`before` is the loan as of `business_date`, when all has passed that falls due by itself; the postings of
    `entries` begin at what the books show now."""

    currency: str
    business_date: date
    before: Look
    after: Look
    rows: tuple[RowChange, ...]
    entries: tuple[JournalEntry, ...]


def preview(loan: Loan, command: Command, at: datetime) -> Preview:
    """Raises what the command itself would be refused with. `loan` is left as it was."""
    untouched, changed = loan.twin(), loan.twin()
    if untouched.status in (LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF):
        untouched.pass_milestones(command.operation_id, at)
    _DEEDS[type(command)](changed, command, at)
    return Preview(
        currency=changed.product.currency,
        business_date=changed.business_date,
        before=_look(untouched),
        after=_look(changed),
        rows=_changes(untouched, changed),
        entries=tuple(changed.entries),
    )


def _look(loan: Loan) -> Look:
    position = loan.position
    return Look(status=loan.status, balances=loan_balances(position.totals), payoff=position.payoff)


def _changes(untouched: Loan, changed: Loan) -> tuple[RowChange, ...]:
    pairs = zip_longest(untouched.position.installments, changed.position.installments)
    return tuple(RowChange(before=before, after=after) for before, after in pairs if before != after)
