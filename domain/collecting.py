"""CollectingLoan: direct debits on their way, and what the payment rail says of them, early or weeks after."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.commands import Command, ReportDebitOverdue, ResolveDebit, ReviewDebit
from domain.debits import BookedDebit, booked_debits, debit_payment
from domain.errors import InvalidValue, NotAllowedNow
from domain.evidence import DebitOutcome
from domain.people import OPERATIONS
from domain.running import RunningLoan
from domain.transaction import TransactionKind, in_force
from domain.views import Standing

_SETTLED, _FAILED, _RETURNED = DebitOutcome.SETTLED, DebitOutcome.FAILED, DebitOutcome.RETURNED


@dataclass(kw_only=True)
class CollectingLoan(RunningLoan):
    """A debit that settles is a payment of the day on which it was drawn: a rail that takes its time makes nobody late.

    The rail's first word on it is booked; one that contradicts it moves no money, and waits for a person. That a debit
    was returned contradicts nothing: it says as well that it had settled, and is the last word.
    """

    def resolve_debit(self, command: ResolveDebit, at: datetime) -> None:
        """Book what the rail said, of a loan that is over, too."""
        told, debit = command.result.outcome, self._booked_debit(command.result.key)
        if told not in (_SETTLED, _FAILED, _RETURNED):
            raise InvalidValue("result.outcome", f"{told} resolves nothing")
        if debit is None:
            raise InvalidValue("result.key", "names no direct debit of this loan")
        self.pass_milestones(command.operation_id, at)
        match debit.outcome, told:
            case DebitOutcome.PENDING, _:
                self._end(debit, told, command, at, command.result.reason)
            case DebitOutcome.SETTLED | DebitOutcome.FAILED, DebitOutcome.RETURNED:
                self._give_back(debit, command, at, command.result.reason)
            case (DebitOutcome.SETTLED, DebitOutcome.FAILED) | (DebitOutcome.FAILED, DebitOutcome.SETTLED):
                self._doubt(debit, command, at)

    def report_debit_overdue(self, command: ReportDebitOverdue, at: datetime) -> None:
        """Put a debit of which the rail says nothing into a person's queue. Its outcome takes it out again."""
        if self.debit is None or self.debit.key != command.key or not self.debit.open or self.debit.overdue:
            return
        self.debit = replace(self.debit, overdue=True)
        self._tell("debit_overdue", command.actor, at, key=command.key)

    def review_debit(self, command: ReviewDebit, at: datetime) -> None:
        """A person has found out whether the money is there. What the books have otherwise is put right."""
        debit = self._booked_debit(command.key)
        if debit is None or not self._is_in_question(debit):
            raise NotAllowedNow("nobody doubts what became of this debit")
        if command.outcome not in (_SETTLED, _FAILED):
            raise InvalidValue("outcome", "is settled or failed")
        self.pass_milestones(command.operation_id, at)
        self._tell("debit_reviewed", command.actor, at, command.reason, key=debit.key, outcome=command.outcome)
        self._trust(debit)
        if debit.outcome is DebitOutcome.PENDING:
            self._end(debit, command.outcome, command, at, command.reason)
        elif debit.outcome is not command.outcome:
            self._put_right(debit, command, at)

    @property
    def assigned_to(self) -> str | None:
        debit = self.debit
        if debit and (debit.contradicted or (debit.open and debit.overdue)):
            return OPERATIONS
        return super().assigned_to

    # --- the rules of the above --------------------------------------------------------------------------------

    def _booked_debit(self, key: str) -> BookedDebit | None:
        return next((one for one in booked_debits(self.id, self.transactions) if one.key == key), None)

    def _is_in_question(self, debit: BookedDebit) -> bool:
        last = self.debit
        return last is not None and (debit.key in last.contradicted or (last.key == debit.key and last.overdue))

    def _end(self, debit: BookedDebit, told: DebitOutcome, command: Command, at: datetime, reason: str | None) -> None:
        """It was under way, and so is the loan's latest."""
        assert self.debit is not None  # noqa: S101  it is this one
        self.debit = replace(self.debit, open=False, overdue=False)
        if told is _FAILED:
            self._fail(debit, command, at, reason)
            return
        self._collect(debit, command, at)
        if told is _RETURNED:
            self._give_back(debit, command, at, reason)

    def _collect(self, debit: BookedDebit, command: Command, at: datetime) -> None:
        if self.debit and self.debit.number == debit.number:
            self.debit = replace(self.debit, retry_on=None)
        self._receive(debit.amount, debit.collected_on, command, at, source={"debit": debit.key}, debit=debit.number)

    def _fail(self, debit: BookedDebit, command: Command, at: datetime, reason: str | None) -> None:
        rule, last = self.product.servicing.autopay, self.debit
        today = self._today(at)
        if rule and last and last.attempt < rule.attempts:
            self.debit = replace(last, retry_on=today + timedelta(days=rule.days_between))
        self._append(TransactionKind.DEBIT_FAILED, debit.amount, today, command.operation_id, at, debit=debit.number)
        self._tell("debit_failed", command.actor, at, reason, key=debit.key)

    def _give_back(self, debit: BookedDebit, command: Command, at: datetime, reason: str | None) -> None:
        """What was never in the books is only doubted no longer."""
        self._trust(debit)
        if debit.outcome is _FAILED:
            return
        self._tell("debit_returned", command.actor, at, reason, key=debit.key)
        self._undo(debit_payment(debit.number, self.transactions), command, at, reason)

    def _doubt(self, debit: BookedDebit, command: ResolveDebit, at: datetime) -> None:
        assert self.debit is not None  # noqa: S101  the loan has had this one
        if debit.key in self.debit.contradicted:
            return
        self.debit = replace(self.debit, contradicted=(*self.debit.contradicted, debit.key))
        told, reason = command.result.outcome, command.result.reason
        self._tell("debit_contradicted", command.actor, at, reason, key=debit.key, stands=debit.outcome, told=told)

    def _put_right(self, debit: BookedDebit, command: ReviewDebit, at: datetime) -> None:
        if command.outcome is _SETTLED:
            self._unfail(debit, command, at)
            self._collect(debit, command, at)
        elif debit.outcome is _SETTLED:
            self._undo(debit_payment(debit.number, self.transactions), command, at, command.reason)

    def _unfail(self, debit: BookedDebit, command: ReviewDebit, at: datetime) -> None:
        for failure in in_force(self.transactions):
            if failure.debit == debit.number:
                today, number = self._today(at), failure.number
                self._append(TransactionKind.REVERSAL, failure.amount, today, command.operation_id, at, reverses=number)

    def _trust(self, debit: BookedDebit) -> None:
        if self.debit is not None:
            kept = tuple(key for key in self.debit.contradicted if key != debit.key)
            self.debit = replace(self.debit, contradicted=kept)

    def _with_debit(self, standing: Standing) -> Standing:
        """With the debit that is on its way, if one is."""
        debit, mandate = self.debit, self.mandate
        if debit is None or mandate is None or not debit.open:
            return standing
        return replace(
            standing,
            debit_key=debit.key,
            debit_amount=debit.amount,
            debit_mandate=mandate.reference,
            debit_since=debit.instructed_at,
        )
