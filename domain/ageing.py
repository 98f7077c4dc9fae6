"""AgeingLoan: what happens to a loan when nobody does anything."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.application import LoanApplication
from domain.cooling_off import right_ends, withdrawal_lapses
from domain.milestones import Milestone, MilestoneKind, servicing_milestones, soonest
from domain.money import Money
from domain.people import ENGINE
from domain.status import LoanStatus
from domain.transaction import TransactionKind

_DEADLINES = {
    LoanStatus.REFERRED: (MilestoneKind.REFERRAL_EXPIRES, "Referral expires"),
    LoanStatus.OFFERED: (MilestoneKind.OFFER_EXPIRES, "Offer expires"),
    LoanStatus.ACCEPTED: (MilestoneKind.PAYOUT_DEADLINE, "Payout must be retried"),
}

_ENDS = {
    MilestoneKind.REFERRAL_EXPIRES: (LoanStatus.EXPIRED, "referral_expired"),
    MilestoneKind.OFFER_EXPIRES: (LoanStatus.EXPIRED, "offer_expired"),
    MilestoneKind.PAYOUT_DEADLINE: (LoanStatus.CANCELLED, "loan_cancelled"),
}


@dataclass(kw_only=True)
class AgeingLoan(LoanApplication):
    """Deadlines of an application; reminders, due dates, late fees, delinquency and charge-off of a running loan."""

    def next_milestones(self, today: date | None = None) -> list[Milestone]:
        """What happens, on one day, if nobody does anything; empty when the loan waits for nothing.

        `today` (default: the business date) is the day whose position says which installments are unpaid.
        """
        if self.status is LoanStatus.ACTIVE:
            return self._milestones_of_running_loan(today or self.business_date)
        if escalation := self._escalation():
            return [escalation]
        if self.waits_until is None:
            return []
        kind, label = _DEADLINES[self.status]
        on = self.waits_until + timedelta(days=1)
        return [Milestone(kind=kind, on=on, label=f"{label}: {self.waits_until} is the last day")]

    def _milestones_of_running_loan(self, today: date) -> list[Milestone]:
        if self.cooling_off and self.withdrawn:
            return [withdrawal_lapses(self.cooling_off)]
        coming = servicing_milestones(self.position_on(today), self.product.servicing, self.processed_through)
        if self.cooling_off or self.last_day_to_withdraw is None or self.processed_through > self.last_day_to_withdraw:
            return coming
        return soonest([right_ends(self.last_day_to_withdraw), *coming])

    def pass_milestones(self, operation_id: str, at: datetime) -> None:
        """Do all that falls due by itself up to today, each on its own day, as if each had been seen."""
        today = self.product.business_date(at)
        while (milestones := self.next_milestones(today)) and milestones[0].on <= today:
            self.business_date = max(self.business_date, milestones[0].on)
            for milestone in milestones:
                self._pass(milestone, operation_id, at)
            self.processed_through = max(self.processed_through, milestones[0].on)
        self._today(at)

    def _pass(self, milestone: Milestone, operation_id: str, at: datetime) -> None:
        match milestone.kind:
            case MilestoneKind.REMINDER:
                self._tell("payment_reminder", ENGINE, at, **self._due(milestone, at))
            case MilestoneKind.INSTALLMENT_DUE:
                self._book(f"Interest to {milestone.on}", milestone.on, at)
                self._tell("installment_due", ENGINE, at, **self._due(milestone, at))
            case MilestoneKind.LATE_FEE:
                self._charge_late_fee(milestone, operation_id, at)
            case MilestoneKind.BUCKET:
                self._move_bucket(at)
            case MilestoneKind.CHARGE_OFF:
                self._charge_off(ENGINE, operation_id, at, milestone.label)
            case _:
                self._pass_deadline(milestone, at)

    def _due(self, milestone: Milestone, at: datetime) -> dict[str, str]:
        """Of an installment, what is still to be paid: by the position that has the milestone."""
        position = self.position_on(self.product.business_date(at))
        row = next(row for row in position.installments if row.number == milestone.installment)
        amount = Money(row.outstanding, self.product.currency)
        return {"installment": str(row.number), "amount": str(amount), "due_date": str(row.due_date)}

    def _pass_deadline(self, milestone: Milestone, at: datetime) -> None:
        match milestone.kind:
            case MilestoneKind.REFERRAL_ESCALATES:
                self._escalate(at)
            case MilestoneKind.COOLING_OFF_ENDS:
                self._tell("cooling_off_ended", ENGINE, at)
            case MilestoneKind.WITHDRAWAL_LAPSES:
                self._lapse(at)
            case _:
                self._close(*_ENDS[milestone.kind], ENGINE, at, milestone.label)

    def _lapse(self, at: datetime) -> None:
        """The money did not come back: the loan goes on as if nobody had withdrawn, but for charges undone."""
        if self.cooling_off:
            self._cool_off(replace(self.cooling_off, lapsed=True), "Withdrawal lapses", at)
            self._tell("withdrawal_lapsed", ENGINE, at)

    def _charge_late_fee(self, milestone: Milestone, operation_id: str, at: datetime) -> None:
        """Once per installment, ever: a late fee that was reversed is not charged again."""
        fee, row = self.product.servicing.late_fee, milestone.installment
        charged = {t.installment for t in self.transactions if t.kind is TransactionKind.PENALTY}
        if fee is None or row in charged:
            return
        self._append(TransactionKind.PENALTY, fee.amount, milestone.on, operation_id, at, installment=row)
        amount = Money(fee.amount, self.product.currency)
        self._tell("late_fee_charged", ENGINE, at, installment=str(row), amount=str(amount))

    def _charge_off(self, actor: str, operation_id: str, at: datetime, reason: str) -> None:
        owed = Money(self.position.payoff, self.product.currency)
        self._append(TransactionKind.CHARGE_OFF, 0, self.business_date, operation_id, at)
        self.status = LoanStatus.CHARGED_OFF
        self._tell("loan_charged_off", actor, at, reason, amount=str(owed))

    def _move_bucket(self, at: datetime) -> None:
        days: int = self.position.days_past_due(self.business_date)
        bucket = self.product.servicing.bucket(days)
        if bucket != self.bucket:
            self._tell("delinquency_changed", ENGINE, at, left=self.bucket or "current", entered=bucket or "current")
            self.bucket = bucket
