"""The books of a loan: double entry, as the derivative of its position."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from domain.position import Totals


class AccountKind(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"


class Account(StrEnum):
    """The chart of accounts. There is one of each per currency."""

    CASH = "cash"
    PAYOUTS_IN_TRANSIT = "payouts_in_transit"
    LOAN_PRINCIPAL = "loan_principal"
    INTEREST_RECEIVABLE = "interest_receivable"
    FEES_RECEIVABLE = "fees_receivable"
    PENALTIES_RECEIVABLE = "penalties_receivable"
    CUSTOMER_CREDIT = "customer_credit"
    UNIDENTIFIED_RECEIPTS = "unidentified_receipts"
    INTEREST_INCOME = "interest_income"
    FEE_INCOME = "fee_income"
    PENALTY_INCOME = "penalty_income"
    RECOVERIES = "recoveries"
    CREDIT_LOSSES = "credit_losses"
    CONCESSIONS = "concessions"

    @property
    def kind(self) -> AccountKind:
        return _KINDS[self]


_KINDS = {
    Account.CASH: AccountKind.ASSET,
    Account.PAYOUTS_IN_TRANSIT: AccountKind.ASSET,
    Account.LOAN_PRINCIPAL: AccountKind.ASSET,
    Account.INTEREST_RECEIVABLE: AccountKind.ASSET,
    Account.FEES_RECEIVABLE: AccountKind.ASSET,
    Account.PENALTIES_RECEIVABLE: AccountKind.ASSET,
    Account.CUSTOMER_CREDIT: AccountKind.LIABILITY,
    Account.UNIDENTIFIED_RECEIPTS: AccountKind.LIABILITY,
    Account.INTEREST_INCOME: AccountKind.INCOME,
    Account.FEE_INCOME: AccountKind.INCOME,
    Account.PENALTY_INCOME: AccountKind.INCOME,
    Account.RECOVERIES: AccountKind.INCOME,
    Account.CREDIT_LOSSES: AccountKind.EXPENSE,
    Account.CONCESSIONS: AccountKind.EXPENSE,
}

# Each flow of a position is a movement of money from one account (credited) to another (debited).
FLOWS: dict[str, tuple[Account, Account]] = {
    "instructed": (Account.CASH, Account.PAYOUTS_IN_TRANSIT),
    "disbursed": (Account.PAYOUTS_IN_TRANSIT, Account.LOAN_PRINCIPAL),
    "principal_paid": (Account.LOAN_PRINCIPAL, Account.CASH),
    "interest_accrued": (Account.INTEREST_INCOME, Account.INTEREST_RECEIVABLE),
    "interest_paid": (Account.INTEREST_RECEIVABLE, Account.CASH),
    "interest_waived": (Account.INTEREST_RECEIVABLE, Account.CONCESSIONS),
    "fees_charged": (Account.FEE_INCOME, Account.FEES_RECEIVABLE),
    "fees_paid": (Account.FEES_RECEIVABLE, Account.CASH),
    "fees_waived": (Account.FEES_RECEIVABLE, Account.CONCESSIONS),
    "penalties_charged": (Account.PENALTY_INCOME, Account.PENALTIES_RECEIVABLE),
    "penalties_paid": (Account.PENALTIES_RECEIVABLE, Account.CASH),
    "penalties_waived": (Account.PENALTIES_RECEIVABLE, Account.CONCESSIONS),
    "credit_received": (Account.CUSTOMER_CREDIT, Account.CASH),
    "credit_refunded": (Account.CASH, Account.CUSTOMER_CREDIT),
    "principal_charged_off": (Account.LOAN_PRINCIPAL, Account.CREDIT_LOSSES),
    "interest_charged_off": (Account.INTEREST_RECEIVABLE, Account.CREDIT_LOSSES),
    "fees_charged_off": (Account.FEES_RECEIVABLE, Account.CREDIT_LOSSES),
    "penalties_charged_off": (Account.PENALTIES_RECEIVABLE, Account.CREDIT_LOSSES),
    "recovered": (Account.RECOVERIES, Account.CASH),
    "credit_applied": (Account.CASH, Account.CUSTOMER_CREDIT),
    "conceded": (Account.CASH, Account.CONCESSIONS),
    "fees_deducted": (Account.FEE_INCOME, Account.LOAN_PRINCIPAL),
}

# Of each account, the flows that reach it, and with a minus those that leave it.
_DEBITS = {
    account: [
        (flow, 1 if account is destination else -1)
        for flow, (source, destination) in FLOWS.items()
        if account in (source, destination)
    ]
    for account in Account
}

# The accounts that loans' own balances add up to, by the name of the balance.
CONTROL_ACCOUNTS = {
    "principal": Account.LOAN_PRINCIPAL,
    "interest": Account.INTEREST_RECEIVABLE,
    "fees": Account.FEES_RECEIVABLE,
    "penalties": Account.PENALTIES_RECEIVABLE,
    "credit": Account.CUSTOMER_CREDIT,
}


@dataclass(frozen=True, slots=True)
class Posting:
    """`amount` minor units, always positive, leave `source` (its credit) and reach `destination` (its debit)."""

    source: Account
    destination: Account
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """`transaction` is the number of the transaction it books; None for interest that time alone earned."""

    memo: str
    effective_date: date
    booked_at: datetime
    postings: tuple[Posting, ...]
    transaction: int | None = None


def postings_between(before: Totals, after: Totals) -> tuple[Posting, ...]:
    """What must be posted so that books that showed `before` show `after`. A shrunken flow is posted backwards.

    Cash moves by what came in or went out in the end: what one flow brings and another takes goes directly from the
    one's account to the other's, as when a customer's credit pays a fee.
    """
    moves = [
        Posting(source, destination, amount) if amount > 0 else Posting(destination, source, -amount)
        for flow, (source, destination) in FLOWS.items()
        if (amount := getattr(after, flow) - getattr(before, flow))
    ]
    received = [move for move in moves if move.destination is Account.CASH]
    given = [move for move in moves if move.source is Account.CASH]
    return (*(move for move in moves if Account.CASH not in (move.source, move.destination)), *_direct(received, given))


def _direct(received: list[Posting], given: list[Posting]) -> Iterator[Posting]:
    """What goes through cash and out again, without the detour; then what really moves cash."""
    while received and given:
        into, out = received[0], given[0]
        amount = min(into.amount, out.amount)
        if into.source is not out.destination:
            yield Posting(into.source, out.destination, amount)
        received, given = _less(received, amount), _less(given, amount)
    yield from (*received, *given)


def _less(moves: list[Posting], amount: int) -> list[Posting]:
    first = replace(moves[0], amount=moves[0].amount - amount)
    return [first, *moves[1:]] if first.amount else moves[1:]


def balance_of(account: Account, totals: Totals) -> int:
    """Debits less credits, in minor units, that flows of these sizes bring to an account."""
    return sum(getattr(totals, flow) * sign for flow, sign in _DEBITS[account])


def loan_balances(totals: Totals) -> dict[str, int]:
    """A loan's balances by component, in minor units, none of them negative in the ordinary course of things."""
    signed = {name: balance_of(account, totals) for name, account in CONTROL_ACCOUNTS.items()}
    return signed | {"credit": -signed["credit"]}
