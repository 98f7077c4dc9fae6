"""PayingOut: the loan's money on its way to the borrower, and what the payment rail says of it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.commands import ReportPayoutOverdue, ResolvePayout, RetryPayout, ReviewPayout
from domain.errors import BookedSince, InvalidValue, NotAllowedNow
from domain.evidence import PayoutOutcome
from domain.loan_file import LoanFile, Payout
from domain.payouts import booked_payouts, payout_key
from domain.people import OPERATIONS
from domain.status import LoanStatus
from domain.transaction import Transaction, TransactionKind, in_force

_FINAL = (PayoutOutcome.SETTLED, PayoutOutcome.FAILED)
_MOVE_NOTHING_ELSE = (
    TransactionKind.PAYOUT_INSTRUCTED,
    TransactionKind.PAYOUT_FAILED,
    TransactionKind.DISBURSEMENT,
    TransactionKind.DEBIT_INSTRUCTED,
    TransactionKind.DEBIT_FAILED,
)


@dataclass(kw_only=True)
class PayingOut(LoanFile):
    """The rail's first final word on a payout is booked. A later one that contradicts it moves no money: a person looks
    at it, and until then nothing is paid out again."""

    def resolve_payout(self, command: ResolvePayout, at: datetime) -> None:
        """Book what the rail said."""
        if command.result.outcome not in _FINAL:
            raise InvalidValue("result.outcome", f"{command.result.outcome} resolves nothing")
        payout = self.payout
        if payout is None or command.result.key not in {one.key for one in booked_payouts(self.id, self.transactions)}:
            raise InvalidValue("result.key", "names no payout of this loan")
        if self.status is not LoanStatus.DISBURSING or command.result.key != payout.key:
            self._hear_again(payout, command, at)
        elif command.result.outcome is PayoutOutcome.SETTLED:
            self._disburse(command.operation_id, command.actor, at)
        else:
            self._append(TransactionKind.PAYOUT_FAILED, payout.amount.minor, self._today(at), command.operation_id, at)
            self._tell("payout_failed", command.actor, at, command.result.reason, key=payout.key)
            self._await_retry(at)

    def report_payout_overdue(self, command: ReportPayoutOverdue, at: datetime) -> None:
        """Put a payout of which the rail says nothing into a person's queue. Its outcome takes it out again."""
        self._require(LoanStatus.DISBURSING)
        if self.payout is None or self.payout.key != command.key or self.payout.overdue:
            return
        self.payout = replace(self.payout, overdue=True)
        self._tell("payout_overdue", command.actor, at, key=command.key)

    def review_payout(self, command: ReviewPayout, at: datetime) -> None:
        """A person has found out whether the money arrived. Taken for failed, it is booked if it did; taken for
        settled, it is undone if it did not. Raises `BookedSince` when something else was booked on it."""
        self._require(*(status for status in LoanStatus if status is not LoanStatus.DISBURSING))
        payout = self.payout
        if payout is None or not payout.contradicted:
            raise NotAllowedNow("the rail has not contradicted itself")
        if command.outcome not in _FINAL:
            raise InvalidValue("outcome", "is settled or failed")
        unpaid = self.status in (LoanStatus.ACCEPTED, LoanStatus.CANCELLED)
        lost = command.outcome is PayoutOutcome.FAILED and not unpaid and payout.key in payout.contradicted
        if lost:
            self._require_nothing_booked_since()
        keys = ", ".join(payout.contradicted)
        self.payout = replace(payout, contradicted=())
        self._tell("payout_reviewed", command.actor, at, command.reason, key=keys, outcome=command.outcome)
        if command.outcome is PayoutOutcome.SETTLED and unpaid:
            self._book_after_all(payout, command, at)
        elif lost:
            self._take_back(payout, command, at)
        elif self.status is LoanStatus.ACCEPTED:
            self._await_retry(at)

    def retry_payout(self, command: RetryPayout, at: datetime) -> None:
        """Instruct the payout anew after the last one failed for good."""
        self._require(LoanStatus.ACCEPTED)
        self._require_in_time(at)
        if self.payout and self.payout.contradicted:
            raise NotAllowedNow("the last payout may have arrived: review it first")
        self._instruct_payout(command.operation_id, command.actor, at)

    @property
    def assigned_to(self) -> str | None:
        """Whose queue the loan is in."""
        if self.payout is None:
            return None
        late = self.payout.overdue and self.status is LoanStatus.DISBURSING
        return OPERATIONS if late or self.payout.contradicted else None

    # --- the rules of the above --------------------------------------------------------------------------------

    def _instruct_payout(self, operation_id: str, actor: str, at: datetime) -> None:
        attempt, amount = self.payout.attempt + 1 if self.payout else 1, self._offered().payout
        self.payout = Payout(key=payout_key(self.id, attempt), attempt=attempt, amount=amount)
        today = self._today(at)
        self._append(TransactionKind.PAYOUT_INSTRUCTED, amount.minor, today, operation_id, at)
        self.status, self.waits_until = LoanStatus.DISBURSING, None
        self._tell("payout_instructed", actor, at, amount=str(amount), key=self.payout.key)

    def _disburse(self, operation_id: str, actor: str, at: datetime) -> None:
        assert self.payout is not None  # noqa: S101  its caller looked
        today, payout, offer = self._today(at), self.payout, self._offered()
        self._append(TransactionKind.DISBURSEMENT, offer.amount.minor, today, operation_id, at)
        self.status, self.waits_until, self.processed_through = LoanStatus.ACTIVE, None, today
        kept = {"fee": str(offer.deducted_fee)} if offer.terms.origination_fee_deducted else {}
        self._tell("loan_disbursed", actor, at, amount=str(payout.amount), key=payout.key, **kept)

    def _await_retry(self, at: datetime) -> None:
        """Until the deadline; but of a loan whose money may be out, no deadline disposes."""
        self.status, today = LoanStatus.ACCEPTED, self._today(at)
        doubtful = self.payout is not None and self.payout.contradicted
        self.waits_until = None if doubtful else today + timedelta(days=self.product.payout_deadline_days)

    def _hear_again(self, payout: Payout, command: ResolvePayout, at: datetime) -> None:
        """A word that comes too late: on a payout that is over, or on one before the present one."""
        key, told = command.result.key, command.result.outcome
        stands = next(one.outcome for one in booked_payouts(self.id, self.transactions) if one.key == key)
        if stands == told or key in payout.contradicted:
            return
        self.payout = replace(payout, contradicted=(*payout.contradicted, key))
        if self.status is LoanStatus.ACCEPTED:
            self._await_retry(at)
        self._tell("payout_contradicted", command.actor, at, command.result.reason, key=key, stands=stands, told=told)

    def _book_after_all(self, payout: Payout, command: ReviewPayout, at: datetime) -> None:
        if payout.key not in payout.contradicted:
            raise NotAllowedNow("a later payout failed since: only the last one can be booked")
        failure = self._last_failure()
        self._append(
            TransactionKind.REVERSAL,
            failure.amount,
            self._today(at),
            command.operation_id,
            at,
            reverses=failure.number,
        )
        self.closure = None
        self._disburse(command.operation_id, command.actor, at)

    def _require_nothing_booked_since(self) -> None:
        for fact in in_force(self.transactions):
            if fact.kind not in _MOVE_NOTHING_ELSE:
                raise BookedSince(f"transaction {fact.number}, a {fact.kind}, stands on it: reverse it first")
        if self.debit and self.debit.open:
            raise BookedSince("a direct debit is on its way")

    def _take_back(self, payout: Payout, command: ReviewPayout, at: datetime) -> None:
        """The loan was never paid out: what it has earned since is gone with its disbursement."""
        today, lent = self._today(at), self._disbursement()
        self._append(TransactionKind.REVERSAL, lent.amount, today, command.operation_id, at, reverses=lent.number)
        self._append(TransactionKind.PAYOUT_FAILED, payout.amount.minor, today, command.operation_id, at)
        self.bucket = self.cooling_off = None
        self._tell("payout_failed", command.actor, at, command.reason, key=payout.key)
        self._await_retry(at)

    def _disbursement(self) -> Transaction:
        """The payout that counts."""
        return next(fact for fact in in_force(self.transactions) if fact.kind is TransactionKind.DISBURSEMENT)

    def _last_failure(self) -> Transaction:
        return next(fact for fact in reversed(self.transactions) if fact.kind is TransactionKind.PAYOUT_FAILED)
