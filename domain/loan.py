"""Loan: what may happen next, and what happens when nothing does."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.application import LoanApplication
from domain.commands import MakePayment
from domain.errors import CurrencyMismatch, InvalidValue
from domain.milestones import Milestone, MilestoneKind, servicing_milestones
from domain.money import Money
from domain.people import ENGINE
from domain.position import Totals
from domain.status import LoanStatus
from domain.transaction import Transaction, TransactionKind
from domain.views import Receipt, Standing

_DEADLINES = {
    LoanStatus.REFERRED: (MilestoneKind.REFERRAL_EXPIRES, "Referral expires"),
    LoanStatus.OFFERED: (MilestoneKind.OFFER_EXPIRES, "Offer expires"),
    LoanStatus.ACCEPTED: (MilestoneKind.PAYOUT_DEADLINE, "Payout must be retried"),
}


@dataclass(kw_only=True)
class Loan(LoanApplication):
    """One loan, from application to closure: payments, and the milestones that pass in silence."""

    def pay(self, command: MakePayment, at: datetime) -> Receipt:
        """Book money received. Enough to pay the loan off on its day closes it, with interest to that day."""
        self._require(LoanStatus.ACTIVE)
        if command.amount.currency != self.product.currency:
            raise CurrencyMismatch(f"the loan is in {self.product.currency}")
        if command.amount.minor <= 0:
            raise InvalidValue("amount", "is not more than nothing")
        effective = command.effective_date or self._today(at)
        self._check_effective(effective, self._today(at))
        self.pass_milestones(command.operation_id, at)
        kind = TransactionKind.PAYOFF if self._pays_off(command.amount, effective) else TransactionKind.PAYMENT
        before = self.booked
        paid = self._append(kind, command.amount.minor, effective, command.operation_id, at)
        self._tell("payment_received", command.actor, at, amount=str(command.amount), effective_date=str(effective))
        self._move_bucket(self.business_date, at)
        if self.position.settled:
            self._close(LoanStatus.CLOSED, "loan_closed", command.actor, at, "paid")
        return self._receipt(paid, before)

    def _check_effective(self, effective: date, today: date) -> None:
        disbursed = next(t for t in self.transactions if t.kind is TransactionKind.DISBURSEMENT)
        if effective > today:
            raise InvalidValue("effective_date", "is in the future")
        if effective < disbursed.effective_date:
            raise InvalidValue("effective_date", f"is before the loan was disbursed on {disbursed.effective_date}")

    def _pays_off(self, amount: Money, effective: date) -> bool:
        latest = max(t.effective_date for t in self.transactions)
        return effective >= latest and amount.minor >= self.position_on(effective).payoff

    def _move_bucket(self, day: date, at: datetime) -> None:
        bucket = self.product.servicing.bucket(self.position_on(day).days_past_due(day))
        if bucket != self.bucket:
            self._tell("delinquency_changed", ENGINE, at, left=self.bucket or "current", entered=bucket or "current")
            self.bucket = bucket

    def next_milestones(self) -> list[Milestone]:
        """What happens, on one day, if nobody does anything; empty when the loan waits for nothing."""
        if self.status is LoanStatus.ACTIVE:
            return servicing_milestones(self.position, self.product.servicing, self.processed_through)
        if self.waits_until is None:
            return []
        kind, label = _DEADLINES[self.status]
        on = self.waits_until + timedelta(days=1)
        return [Milestone(kind=kind, on=on, label=f"{label}: {self.waits_until} is the last day")]

    def pass_milestones(self, operation_id: str, at: datetime) -> None:
        """Do all that falls due by itself up to today, in order of dates. Again changes nothing."""
        today = self._today(at)
        while (milestones := self.next_milestones()) and milestones[0].on <= today:
            for milestone in milestones:
                self._pass(milestone, operation_id, at)
            self.processed_through = milestones[0].on

    def _pass(self, milestone: Milestone, operation_id: str, at: datetime) -> None:
        match milestone.kind:
            case MilestoneKind.REFERRAL_EXPIRES:
                self._close(LoanStatus.EXPIRED, "referral_expired", ENGINE, at, milestone.label)
            case MilestoneKind.OFFER_EXPIRES:
                self._close(LoanStatus.EXPIRED, "offer_expired", ENGINE, at, milestone.label)
            case MilestoneKind.PAYOUT_DEADLINE:
                self._close(LoanStatus.CANCELLED, "loan_cancelled", ENGINE, at, milestone.label)
            case MilestoneKind.REMINDER:
                self._tell("payment_reminder", ENGINE, at, installment=str(milestone.installment))
            case MilestoneKind.INSTALLMENT_DUE:
                self._book(f"Interest to {milestone.on}", milestone.on, at)
                self._tell("installment_due", ENGINE, at, installment=str(milestone.installment))
            case MilestoneKind.LATE_FEE:
                self._charge_late_fee(milestone, operation_id, at)
            case MilestoneKind.BUCKET:
                self._move_bucket(milestone.on, at)

    def _charge_late_fee(self, milestone: Milestone, operation_id: str, at: datetime) -> None:
        fee = self.product.servicing.late_fee
        charged = {t.installment for t in self.transactions if t.kind is TransactionKind.PENALTY}
        if fee is None or milestone.installment in charged:
            return
        kind, row = TransactionKind.PENALTY, milestone.installment
        self._append(kind, fee.amount, milestone.on, operation_id, at, installment=row)
        amount = Money(fee.amount, self.product.currency)
        self._tell("late_fee_charged", ENGINE, at, installment=str(row), amount=str(amount))

    # --- what others see ---------------------------------------------------------------------------------------

    def standing(self) -> Standing:
        """Where the loan stands on its business date."""
        milestones = self.next_milestones()
        waits = milestones[0] if milestones else None
        standing = Standing(
            loan_id=self.id,
            status=self.status,
            business_date=self.business_date,
            wake_at=self.product.start_of(waits.on) if waits else None,
            waits_for=waits.label if waits else None,
            installment=waits.installment if waits else None,
            closure=self.closure,
        )
        if self.status is LoanStatus.DISBURSING and self.payout is not None:
            return replace(standing, payout_key=self.payout.key, payout_amount=self.payout.amount)
        return self._with_figures(standing) if self.status is LoanStatus.ACTIVE else standing

    def _with_figures(self, standing: Standing) -> Standing:
        now = self.position
        oldest = now.oldest_unpaid
        return replace(
            standing,
            installments=len(now.installments),
            next_due_date=oldest.due_date if oldest else None,
            days_past_due=now.days_past_due(self.business_date),
            outstanding=Money(now.payoff, self.product.currency),
        )

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
