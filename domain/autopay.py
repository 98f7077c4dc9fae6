"""AutopayLoan: a borrower's mandate, and the days on which what is due is drawn under it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.ageing import AgeingLoan
from domain.commands import GiveMandate, RevokeMandate
from domain.debits import debit_key
from domain.errors import NotAllowedNow
from domain.loan_file import Debit, Mandate
from domain.milestones import Milestone, MilestoneKind, soonest
from domain.money import Money
from domain.people import ENGINE
from domain.status import LoanStatus
from domain.transaction import TransactionKind

_DAY = timedelta(days=1)


@dataclass(kw_only=True)
class AutopayLoan(AgeingLoan):
    """One debit at a time: while the outcome of one is unknown or in doubt, none is instructed under another key."""

    def give_mandate(self, command: GiveMandate, at: datetime) -> None:
        """The first debit is that of the next due date; what is overdue by then is drawn with it."""
        self.pass_milestones(command.operation_id, at)
        self._require(LoanStatus.OFFERED, LoanStatus.ACCEPTED, LoanStatus.DISBURSING, LoanStatus.ACTIVE)
        if self.product.servicing.autopay is None:
            raise NotAllowedNow("the product is not paid by direct debit")
        if self._mandate is not None:
            raise NotAllowedNow("there is a mandate already")
        number = self.mandate.number + 1 if self.mandate else 1
        reference = f"{self.id}-mandate-{number}"
        self.mandate = Mandate(reference=reference, number=number, given_on=self.business_date)
        self._tell("mandate_given", command.actor, at, reference=reference)

    def revoke_mandate(self, command: RevokeMandate, at: datetime) -> None:
        """A debit that is on its way goes on to its end."""
        self.pass_milestones(command.operation_id, at)
        if self._mandate is None:
            raise NotAllowedNow("there is no mandate")
        self.mandate = replace(self._mandate, revoked_on=self.business_date)
        self._tell("mandate_revoked", command.actor, at, reference=self.mandate.reference)

    def next_milestones(self, today: date | None = None) -> list[Milestone]:
        return soonest([*super().next_milestones(today), *self._attempts(today or self.business_date)])

    # --- the rules of the above --------------------------------------------------------------------------------

    @property
    def _mandate(self) -> Mandate | None:
        """The one that holds."""
        return self.mandate if self.mandate and self.mandate.revoked_on is None else None

    def _attempts(self, today: date) -> Iterator[Milestone]:
        """The next due date that was not tried, and the next try of the one that was."""
        mandate, last = self._mandate, self.debit
        if mandate is None or self.status is not LoanStatus.ACTIVE or self.product.servicing.autopay is None:
            return
        if self.withdrawn:
            return  # the borrower brings the money back
        if last and (last.open or last.contradicted):
            return
        position = self.position_on(today)
        untried = max(mandate.given_on, last.due_date + _DAY) if last else mandate.given_on
        row = next((row for row in position.installments if row.outstanding > 0 and row.due_date >= untried), None)
        if row:
            yield self._attempt(row.due_date, row.number, f"Installment {row.number} of {len(position.installments)}")
        if last and last.retry_on and position.due_to_date > 0:
            oldest = position.oldest_unpaid
            what = f"What was due on {last.due_date}, attempt {last.attempt + 1}"
            yield self._attempt(last.retry_on, oldest.number if oldest else None, what)

    def _attempt(self, day: date, installment: int | None, name: str) -> Milestone:
        """What fell due while the debit before it took its time is drawn as soon as that has ended."""
        on = max(day, self.processed_through + _DAY, self.business_date)
        return Milestone(
            kind=MilestoneKind.AUTOPAY, on=on, installment=installment, label=f"{name}: direct debit on {on}"
        )

    def _pass(self, milestone: Milestone, operation_id: str, at: datetime) -> None:
        if milestone.kind is MilestoneKind.AUTOPAY:
            self._instruct_debit(operation_id, at)
        else:
            super()._pass(milestone, operation_id, at)

    def _instruct_debit(self, operation_id: str, at: datetime) -> None:
        """All that is due on the day on which it is really drawn, though that be later than it should."""
        today = self.product.business_date(at)
        unpaid = [row for row in self.position_on(today).fallen_due if row.outstanding > 0]
        if not unpaid:
            return
        minor, due_date, attempt = sum(row.outstanding for row in unpaid), unpaid[-1].due_date, 1
        if self.debit and due_date <= self.debit.due_date:
            due_date, attempt = self.debit.due_date, self.debit.attempt + 1
        fact = self._append(TransactionKind.DEBIT_INSTRUCTED, minor, today, operation_id, at, due_date=due_date)
        amount, key = Money(minor, self.product.currency), debit_key(self.id, due_date, attempt)
        self.debit = Debit(
            key=key, number=fact.number, due_date=due_date, attempt=attempt, amount=amount, instructed_at=at
        )
        self._tell("debit_instructed", ENGINE, at, amount=str(amount), key=key)
