"""What happened to a loan's money: an append-only list of facts, the input of the fold."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class TransactionKind(StrEnum):
    """The field's words for what moves a loan's balances."""

    PAYOUT_INSTRUCTED = "payout_instructed"
    PAYOUT_FAILED = "payout_failed"
    DISBURSEMENT = "disbursement"
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
    negative. `effective_date` is the day it counts from; `booked_at` when it was entered. Facts are folded in order of
    (effective_date, booked_at, number). `reverses` is the number of the transaction a reversal undoes; `installment`
    the number of the row that a charge or a waiver belongs to, where it belongs to one; `due_date` the day a charge falls due
    (default: its effective date); `component` what a waiver gives up (default: penalties, then fees, then interest).
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
