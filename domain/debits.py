"""What became of a loan's direct debits, read off its transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.evidence import DebitOutcome
from domain.transaction import Transaction, TransactionKind, in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedDebit:
    """One attempt as the books have it. `number` is that of the transaction that instructed it; `collected_on` the day
    from which its payment counts; `amount` is in minor units."""

    key: str
    loan_id: str
    number: int
    amount: int
    collected_on: date
    outcome: DebitOutcome


def debit_key(loan_id: str, due_date: date, attempt: int) -> str:
    """What the rail knows an attempt by, to collect what fell due until `due_date`; attempts count from 1."""
    return f"{loan_id}-debit-{due_date}-{attempt}"


def booked_debits(loan_id: str, transactions: Sequence[Transaction]) -> tuple[BookedDebit, ...]:
    """In the order in which they were instructed. A payment that was undone is a debit returned."""
    ends = {fact.debit: fact.kind for fact in in_force(transactions)}
    ended = {fact.debit for fact in transactions}
    attempts: dict[date | None, int] = {}
    debits = []
    for fact in transactions:
        if fact.kind is TransactionKind.DEBIT_INSTRUCTED and fact.due_date is not None:
            attempts[fact.due_date] = attempts.get(fact.due_date, 0) + 1
            debits.append(
                BookedDebit(
                    key=debit_key(loan_id, fact.due_date, attempts[fact.due_date]),
                    loan_id=loan_id,
                    number=fact.number,
                    amount=fact.amount,
                    collected_on=fact.effective_date,
                    outcome=_outcome(ends.get(fact.number), fact.number in ended),
                )
            )
    return tuple(debits)


def debit_payment(number: int, transactions: Sequence[Transaction]) -> Transaction:
    """The payment in force that the debit of this number brought in."""
    return next(
        fact
        for fact in in_force(transactions)
        if fact.debit == number and fact.kind is not TransactionKind.DEBIT_FAILED
    )


def _outcome(end: TransactionKind | None, ended: bool) -> DebitOutcome:
    if end is TransactionKind.DEBIT_FAILED:
        return DebitOutcome.FAILED
    if end is not None:
        return DebitOutcome.SETTLED
    return DebitOutcome.RETURNED if ended else DebitOutcome.PENDING
