"""Loan: one loan from application to closure, and what others see of it."""

from dataclasses import dataclass, replace
from datetime import date

from domain.collecting import CollectingLoan
from domain.errors import InvalidValue
from domain.money import Money
from domain.position import Position
from domain.status import LoanStatus
from domain.views import Standing


@dataclass(kw_only=True)
class Loan(CollectingLoan):
    """The whole of it. Each class that it rests on is a part of a loan's life: what is on file (`LoanFile`), the payout
    (`PayingOut`), officers (`Deciding`, `Rechecking`), the application (`LoanApplication`), time (`AgeingLoan`),
    mandates (`AutopayLoan`), the right to withdraw (`WithdrawableLoan`), money and corrections (`RunningLoan`), and
    direct debits (`CollectingLoan`).
    """

    def payoff_on(self, day: date) -> Position:
        """What is owed on `day`, whose `payoff` closes the loan. Raises unless the loan is active by then."""
        self._require(LoanStatus.ACTIVE)
        if day < self._first_day():
            raise InvalidValue("as_of", f"is before the loan was disbursed on {self._first_day()}")
        return self.position_on(day)

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
            customer_id=self.customer_id,
            currency=self.product.currency,
            assigned_to=self.assigned_to,
            recheck_key=self.recheck_key,
        )
        if self.status is LoanStatus.VERIFYING:
            return replace(
                standing,
                report_valid_days=self.product.policy.report_valid_days,
                identity_valid_days=self.product.policy.identity_valid_days,
                asks_both=True,
            )
        standing = self._with_debit(standing)
        if self.status is LoanStatus.DISBURSING and self.payout is not None:
            return replace(standing, payout_key=self.payout.key, payout_amount=self.payout.amount)
        if self.status in (LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF):
            return self._with_figures(standing)
        return standing

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
