"""What happened to a loan's money: an append-only list of facts, the input of the fold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class TransactionKind(StrEnum):
    """The field's words for what moves a loan's balances."""

    PAYOUT_INSTRUCTED = "payout_instructed"
    PAYOUT_FAILED = "payout_failed"
    DISBURSEMENT = "disbursement"
    PLANNED_DISBURSEMENT = "planned_disbursement"  # a payout that is agreed and not made: it shapes the schedule only
    PAYMENT = "payment"
    PAYOFF = "payoff"
    FEE = "fee"
    PENALTY = "penalty"
    WAIVER = "waiver"
    REVERSAL = "reversal"
    MERCHANT_REFUND = "merchant_refund"
    PAYOUT_REFUND = "payout_refund"
    GOODWILL_CREDIT = "goodwill_credit"
    INTEREST_WAIVER = "interest_waiver"
    CREDIT_REFUND = "credit_refund"
    CHARGE_OFF = "charge_off"
    RECOVERY = "recovery"
    RATE_CHANGE = "rate_change"
    DEBIT_INSTRUCTED = "debit_instructed"  # neither this nor its failure moves money: a payment does, when it settles
    DEBIT_FAILED = "debit_failed"


class Component(StrEnum):
    """What a loan owes is made of."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One fact.

    `number` counts from 1 within the loan and is its name ("transaction 7"). `amount` is in minor units and never
    negative. `effective_date` is the day it counts from; `booked_at` when it was entered. Facts are folded in
    order of (effective_date, booked_at, number). `reverses` is the number of the transaction a reversal undoes;
    `installment` the number of the row that a charge or a waiver belongs to, where it belongs to one; `due_date`
    the day a charge falls due (default: its effective date); `component` what a waiver gives up (default:
    penalties, then fees, then interest); `annual_rate` the percent from the effective date of a rate change on;
    `debit` the number of the instructed direct debit that a payment settles, or a failure ends.
    """

    number: int
    kind: TransactionKind
    effective_date: date
    booked_at: datetime
    operation_id: str
    amount: int = 0
    reverses: int | None = None
    installment: int | None = None
    due_date: date | None = None
    component: Component | None = None
    annual_rate: Decimal | None = None
    debit: int | None = None


PAYOUTS = (TransactionKind.DISBURSEMENT, TransactionKind.PLANNED_DISBURSEMENT)


def in_force(transactions: Iterable[Transaction]) -> list[Transaction]:
    """The facts that count, in the order in which they do: without reversals and what they reverse."""
    facts = list(transactions)
    undone: set[int | None] = set()
    for fact in sorted(facts, key=lambda fact: -fact.number):  # a reversal may itself have been reversed
        if fact.kind == TransactionKind.REVERSAL and fact.number not in undone:
            undone.add(fact.reverses)
    counting = (fact for fact in facts if fact.kind != TransactionKind.REVERSAL and fact.number not in undone)
    return sorted(counting, key=lambda fact: (fact.effective_date, fact.booked_at, fact.number))
