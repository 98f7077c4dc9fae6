"""RunningLoan: what people may do to a running loan."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.commands import AddCharge, ChargeOff, Command, MakePayment, RefundCredit, ReverseTransaction, Waive
from domain.errors import (
    AlreadyReversed,
    BookedSince,
    CurrencyMismatch,
    InvalidValue,
    NotAllowedNow,
    UnknownTransaction,
)
from domain.money import Money
from domain.position import Totals
from domain.status import LoanStatus
from domain.transaction import Component, Transaction, TransactionKind, in_force
from domain.views import Receipt
from domain.withdrawing import WithdrawableLoan

_REVERSIBLE = frozenset(
    {
        TransactionKind.PAYMENT,
        TransactionKind.PAYOFF,
        TransactionKind.RECOVERY,
        TransactionKind.FEE,
        TransactionKind.PENALTY,
        TransactionKind.WAIVER,
        TransactionKind.CREDIT_REFUND,
        TransactionKind.CHARGE_OFF,
    }
)


@dataclass(kw_only=True)
class RunningLoan(WithdrawableLoan):
    """What is done to a running loan first lets the milestones pass that are due: days that were missed come first."""

    def pay(self, command: MakePayment, at: datetime) -> Receipt:
        """Book money received. Enough to pay the loan off on its day closes it, with interest to that day."""
        self._catch_up(command.operation_id, at)
        amount = self._amount(command.amount)
        effective = command.effective_date or self.business_date
        self._check_effective(effective)
        before = self.booked
        source = {"receipt": command.receipt_id} if command.receipt_id else {}
        paid = self._receive(amount, effective, command, at, source=source)
        return self._receipt(paid, before)

    def reverse(self, command: ReverseTransaction, at: datetime) -> None:
        """Undo one transaction, as if it had never been. Can bring a closed or charged-off loan back to life."""
        self._require(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF, LoanStatus.CLOSED)
        self.pass_milestones(command.operation_id, at)
        self._undo(self._reversible(command.transaction), command, at, command.reason)

    def charge(self, command: AddCharge, at: datetime) -> None:
        """Add a fee or a penalty."""
        self._catch_up(command.operation_id, at)
        if self.withdrawn:
            raise NotAllowedNow("the borrower has withdrawn: nothing is charged")
        amount = self._amount(command.amount)
        kinds = {Component.FEE: TransactionKind.FEE, Component.PENALTY: TransactionKind.PENALTY}
        if command.component not in kinds:
            raise InvalidValue("component", f"{command.component} is not charged by hand")
        if command.due_date is not None:
            self._check_due(command.due_date)
        self._append(
            kinds[command.component],
            amount,
            self.business_date,
            command.operation_id,
            at,
            due_date=command.due_date,
        )
        self._tell("charge_added", command.actor, at, command.reason, amount=str(command.amount))

    def waive(self, command: Waive, at: datetime) -> None:
        """Give up a part of what is owed."""
        self._catch_up(command.operation_id, at)
        amount = self._amount(command.amount)
        owed = self._owed(command.component, command.installment)
        if amount > owed:
            raise InvalidValue("amount", f"only {Money(owed, self.product.currency)} of {command.component} is owed")
        self._append(
            TransactionKind.WAIVER,
            amount,
            self.business_date,
            command.operation_id,
            at,
            component=command.component,
            installment=command.installment,
        )
        self._tell("amount_waived", command.actor, at, command.reason, amount=str(command.amount))
        self._settle(command.actor, at)

    def refund_credit(self, command: RefundCredit, at: datetime) -> None:
        """Pay back what was paid too much, of a running or a closed loan."""
        self._require(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF, LoanStatus.CLOSED)
        self.pass_milestones(command.operation_id, at)
        amount, credit = self._amount(command.amount), self.position.credit
        if amount > credit:
            raise InvalidValue("amount", f"the customer's credit is {Money(credit, self.product.currency)}")
        self._append(TransactionKind.CREDIT_REFUND, amount, self.business_date, command.operation_id, at)
        self._tell("credit_refunded", command.actor, at, command.reason, amount=str(command.amount))

    def charge_off(self, command: ChargeOff, at: datetime) -> None:
        """An officer books the claim as a loss before the product's day comes."""
        self._require(LoanStatus.ACTIVE)
        self._catch_up(command.operation_id, at)
        self._charge_off(command.actor, command.operation_id, at, command.reason)

    # --- the rules of the above --------------------------------------------------------------------------------

    def _catch_up(self, operation_id: str, at: datetime) -> None:
        self._require(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)
        self.pass_milestones(operation_id, at)

    def _receive(
        self,
        amount: int,
        effective: date,
        command: Command,
        at: datetime,
        *,
        source: dict[str, str],
        debit: int | None = None,
    ) -> Transaction:
        """`source` says where the money came from."""
        kind, told = self._kind_of(amount, effective), str(Money(amount, self.product.currency))
        paid = self._append(kind, amount, effective, command.operation_id, at, debit=debit)
        self._tell("payment_received", command.actor, at, amount=told, effective_date=str(effective), **source)
        self._settle(command.actor, at)
        return paid

    def _undo(self, undone: Transaction, command: Command, at: datetime, reason: str | None) -> None:
        today, number = self.business_date, undone.number
        try:
            self._append(TransactionKind.REVERSAL, undone.amount, today, command.operation_id, at, reverses=number)
        except InvalidValue as refusal:
            raise BookedSince(f"something later stands on transaction {number}: reverse that first") from refusal
        self._tell("transaction_reversed", command.actor, at, reason, transaction=str(number))
        if self.status is LoanStatus.CLOSED or undone.kind is TransactionKind.CHARGE_OFF:
            self._reopen(command.actor, at)
        self._settle(command.actor, at)

    def _amount(self, amount: Money) -> int:
        if amount.currency != self.product.currency:
            raise CurrencyMismatch(f"the loan is in {self.product.currency}")
        if amount.minor <= 0:
            raise InvalidValue("amount", "is not more than nothing")
        return amount.minor

    def _check_due(self, day: date) -> None:
        """A charge is owed with the row of its day. Beyond the last row it opens one, which cannot have been due before
        there was a charge."""
        if day < self._first_day():
            raise InvalidValue("due_date", "is before the loan was disbursed")
        if self.position.installments[-1].due_date < day < self.business_date:
            raise InvalidValue("due_date", "is past, and after the last installment")

    def _check_effective(self, effective: date) -> None:
        if effective > self.business_date:
            raise InvalidValue("effective_date", "is in the future")
        if effective < self._first_day():
            raise InvalidValue("effective_date", f"is before the loan was disbursed on {self._first_day()}")

    def _kind_of(self, amount: int, effective: date) -> TransactionKind:
        if self.status is LoanStatus.CHARGED_OFF:
            return TransactionKind.RECOVERY
        if self.status is LoanStatus.CLOSED:  # a debit that was on its way when the rest was paid
            return TransactionKind.PAYMENT
        latest = max(t.effective_date for t in self.transactions if t.kind is not TransactionKind.DEBIT_INSTRUCTED)
        pays_off = effective >= latest and amount >= self.position_on(effective).payoff
        return TransactionKind.PAYOFF if pays_off else TransactionKind.PAYMENT

    def _reversible(self, number: int) -> Transaction:
        if not 1 <= number <= len(self.transactions):
            raise UnknownTransaction(f"there is no transaction {number}")
        undone = self.transactions[number - 1]
        if any(t.reverses == number for t in self.transactions):
            raise AlreadyReversed(f"transaction {number} was reversed before")
        if undone.kind not in _REVERSIBLE:
            raise NotAllowedNow(f"a {undone.kind} is not reversed")
        return undone

    def _owed(self, component: Component, installment: int | None) -> int:
        rows = [row for row in self.position.installments if installment in (None, row.number)]
        if component is Component.FEE:
            return sum(row.fees - row.fees_paid - row.fees_waived for row in rows)
        if component is Component.PENALTY:
            return sum(row.penalties - row.penalties_paid - row.penalties_waived for row in rows)
        if component is Component.INTEREST:
            return sum(row.interest - row.interest_paid - row.interest_waived for row in rows)
        raise InvalidValue("component", "principal is charged off or settled, never waived")

    def _reopen(self, actor: str, at: datetime) -> None:
        lost = any(fact.kind is TransactionKind.CHARGE_OFF for fact in in_force(self.transactions))
        self.status, self.closure = LoanStatus.CHARGED_OFF if lost else LoanStatus.ACTIVE, None
        self.processed_through = self.business_date
        self._tell("loan_reopened", actor, at)

    def _receipt(self, paid: Transaction, before: Totals) -> Receipt:
        used = self.booked - before
        parts = {
            "amount": paid.amount,
            "principal": used.principal_paid,
            "interest": used.interest_paid,
            "fees": used.fees_paid,
            "penalties": used.penalties_paid,
            "credit": used.credit_received,
            "outstanding": self.position.payoff,
        }
        amounts = {name: Money(minor, self.product.currency) for name, minor in parts.items()}
        return Receipt(
            loan_id=self.id,
            transaction=paid.number,
            effective_date=paid.effective_date,
            status=self.status,
            **amounts,
        )
