"""Short words for the facts of a loan, so that a test reads as its diary."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.position import Position, position
from domain.terms import Terms
from domain.transaction import Transaction, TransactionKind

DAY_ONE = datetime(2020, 1, 1, tzinfo=UTC)


def on(day: str) -> date:
    return date.fromisoformat(day)


def fact(kind: TransactionKind, day: str | date, amount: int = 0, **more: Any) -> Transaction:
    effective = day if isinstance(day, date) else on(day)
    return Transaction(
        number=1, kind=kind, effective_date=effective, booked_at=DAY_ONE, operation_id="op", amount=amount, **more
    )


def payout(day: str | date, amount: int) -> Transaction:
    return fact(TransactionKind.DISBURSEMENT, day, amount)


def payment(day: str | date, amount: int) -> Transaction:
    return fact(TransactionKind.PAYMENT, day, amount)


def payoff(day: str | date, amount: int) -> Transaction:
    return fact(TransactionKind.PAYOFF, day, amount)


def fee(day: str | date, amount: int, **more: Any) -> Transaction:
    return fact(TransactionKind.FEE, day, amount, **more)


def penalty(day: str | date, amount: int, **more: Any) -> Transaction:
    return fact(TransactionKind.PENALTY, day, amount, **more)


def reversal(day: str | date, of: int) -> Transaction:
    return fact(TransactionKind.REVERSAL, day, reverses=of)


def written(facts: Iterable[Transaction]) -> list[Transaction]:
    """Numbered and booked in the order in which they are given."""
    return [
        replace(entry, number=number, booked_at=DAY_ONE + timedelta(minutes=number), operation_id=f"op-{number}")
        for number, entry in enumerate(facts, 1)
    ]


def after(terms: Terms, *facts: Transaction, as_of: str | date) -> Position:
    return position(terms, written(facts), as_of if isinstance(as_of, date) else on(as_of))
