"""What became of a loan's payouts, read off its transactions."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.evidence import PayoutOutcome
from domain.transaction import Transaction, TransactionKind, in_force

_OUTCOMES = {
    TransactionKind.DISBURSEMENT: PayoutOutcome.SETTLED,
    TransactionKind.PAYOUT_FAILED: PayoutOutcome.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedPayout:
    """One attempt as the books have it: PENDING is in transit. `amount` is in minor units."""

    key: str
    loan_id: str
    amount: int
    outcome: PayoutOutcome


def payout_key(loan_id: str, attempt: int) -> str:
    """What the rail knows an attempt by; attempts count from 1."""
    return f"{loan_id}-payout-{attempt}"


def booked_payouts(loan_id: str, transactions: Sequence[Transaction]) -> tuple[BookedPayout, ...]:
    """In the order of their attempts. One is resolved before the next is instructed."""
    counting = sorted(in_force(transactions), key=lambda fact: fact.number)
    instructed = [fact for fact in counting if fact.kind is TransactionKind.PAYOUT_INSTRUCTED]
    outcomes = [_OUTCOMES[fact.kind] for fact in counting if fact.kind in _OUTCOMES]
    outcomes += [PayoutOutcome.PENDING] * (len(instructed) - len(outcomes))
    return tuple(
        BookedPayout(key=payout_key(loan_id, attempt), loan_id=loan_id, amount=fact.amount, outcome=outcome)
        for attempt, (fact, outcome) in enumerate(zip(instructed, outcomes, strict=False), 1)
    )
