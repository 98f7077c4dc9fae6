"""What the payment rail says it did, held against what the books say: a comparison that changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.evidence import DebitOutcome, PayoutOutcome
from domain.money import Money

Outcome = PayoutOutcome | DebitOutcome


class Difference(StrEnum):
    """`not_in_books`: the rail moved money that nobody instructed. `not_in_statement`: it has never heard of it."""

    NOT_IN_BOOKS = "not_in_books"
    NOT_IN_STATEMENT = "not_in_statement"
    AMOUNT_DIFFERS = "amount_differs"
    OUTCOME_DIFFERS = "outcome_differs"


class LineRefusal(StrEnum):
    """Why a line of a statement was left out of the comparison."""

    WRONG_NUMBER_OF_FIELDS = "wrong_number_of_fields"
    NO_KEY = "no_key"
    KEY_CAME_BEFORE = "key_came_before"
    UNKNOWN_OUTCOME = "unknown_outcome"
    NOT_AN_AMOUNT = "not_an_amount"
    NOT_A_CURRENCY = "not_a_currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payout or direct debit, as the rail states it or as the books have it. PENDING is in transit."""

    key: str
    amount: Money
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """`line` counts from 1, with the header."""

    line: int
    reason: LineRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    payments: tuple[Payment, ...]
    refused: tuple[RefusedLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference. `booked` or `stated` is None on the side where the payment is missing."""

    difference: Difference
    key: str
    booked: Payment | None
    stated: Payment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """`matched` payments agree in amount and outcome."""

    matched: int
    findings: tuple[Finding, ...]
    refused: tuple[RefusedLine, ...]

    @property
    def clean(self) -> bool:
        return not self.findings and not self.refused


def reconcile(booked: Sequence[Payment], statement: Statement) -> Reconciliation:
    """`booked` are the payouts and debits of the statement's days, and whatever else it names."""
    ours = {payment.key: payment for payment in booked}
    theirs = {payment.key: payment for payment in statement.payments}
    keys = sorted(ours.keys() | theirs.keys())
    findings = tuple(
        Finding(difference=difference, key=key, booked=ours.get(key), stated=theirs.get(key))
        for key in keys
        for difference in _differences(ours.get(key), theirs.get(key))
    )
    differing = {finding.key for finding in findings}
    return Reconciliation(matched=len(keys) - len(differing), findings=findings, refused=statement.refused)


def _differences(booked: Payment | None, stated: Payment | None) -> Iterable[Difference]:
    if booked is None:
        yield Difference.NOT_IN_BOOKS
    elif stated is None:
        if booked.outcome != PayoutOutcome.FAILED:  # what the rail refused to take moved no money
            yield Difference.NOT_IN_STATEMENT
    else:
        if booked.amount != stated.amount:
            yield Difference.AMOUNT_DIFFERS
        if booked.outcome != stated.outcome:
            yield Difference.OUTCOME_DIFFERS
