"""WithdrawableLoan: a running loan that its borrower may give back, and how any loan ends when nothing is owed."""

from dataclasses import dataclass
from datetime import datetime

from domain.autopay import AutopayLoan
from domain.commands import WithdrawFromCredit
from domain.cooling_off import declared
from domain.errors import NotAllowedNow
from domain.money import Money
from domain.status import LoanStatus
from domain.transaction import Component, Transaction, TransactionKind, in_force

_CHARGES = (TransactionKind.FEE, TransactionKind.PENALTY)
_CHARGED = (Component.FEE, Component.PENALTY)


@dataclass(kw_only=True)
class WithdrawableLoan(AutopayLoan):
    """Who withdraws owes the principal and the interest from the payout to the day on which it comes back, and no
    charge: what was charged is undone, and what was paid of it counts towards the rest (2008/48/EC, article 14 (3))."""

    def withdraw_from_credit(self, command: WithdrawFromCredit, at: datetime) -> None:
        """The borrower gives the loan back. It ends when the money has come."""
        self._require(LoanStatus.ACTIVE)
        self.pass_milestones(command.operation_id, at)
        self._require(LoanStatus.ACTIVE)
        last_day = self.last_day_to_withdraw
        if last_day is None:
            raise NotAllowedNow(f"{self.product.code} has no cooling-off period")
        if self.cooling_off is not None:
            raise NotAllowedNow("the borrower has withdrawn before")
        if self.business_date > last_day:
            raise NotAllowedNow(f"{last_day} was the last day to withdraw")
        self._undo_charges(command.operation_id, at)
        cooling_off = declared(self.business_date)
        self._cool_off(cooling_off, "Withdrawal", at)
        owed, return_by = Money(self.position.payoff, self.product.currency), str(cooling_off.return_by)
        self._tell("credit_withdrawn", command.actor, at, command.reason, amount=str(owed), return_by=return_by)
        self._settle(command.actor, at)

    def _undo_charges(self, operation_id: str, at: datetime) -> None:
        """And what was waived of them; the latest first, since a late fee or a waiver can be that of a row which
        another charge has opened."""
        for charge in filter(_is_about_charges, reversed(in_force(self.transactions))):
            self._append(
                TransactionKind.REVERSAL, charge.amount, self.business_date, operation_id, at, reverses=charge.number
            )

    def _settle(self, actor: str, at: datetime) -> None:
        """After money moved: the bucket it leaves or enters, and the end when nothing is owed any more."""
        if self.status is LoanStatus.ACTIVE:
            self._move_bucket(at)
        if self.position.settled and self.status is not LoanStatus.CLOSED:
            self._close(LoanStatus.CLOSED, "loan_closed", actor, at, "withdrawn" if self.withdrawn else "paid")


def _is_about_charges(fact: Transaction) -> bool:
    return fact.kind in _CHARGES or (fact.kind is TransactionKind.WAIVER and fact.component in _CHARGED)
