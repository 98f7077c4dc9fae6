"""What the reads answer: plain frozen rows. Amounts are Money; days and labels as of the loan's business date."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from domain.evidence import BureauReport, IdentityResult
from domain.loan_file import Approval, Debit, Mandate, Payout
from domain.money import Money
from domain.offer import Offer
from domain.referral import Referral
from domain.row import RowKind
from domain.status import LoanStatus
from domain.transaction import Component, TransactionKind
from domain.underwriting import Decision
from domain.views import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """What the books show of one loan. `credit` is the customer's."""

    principal: Money
    interest: Money
    fees: Money
    penalties: Money
    credit: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanSummary:
    """`outstanding` would pay the loan off on its business date. `next_milestone` says what happens if nobody does."""

    id: str
    customer_id: str
    branch: str
    product_code: str
    product_version: int
    product_name: str
    status: LoanStatus
    requested: Money
    requested_installments: int
    approved: Money | None
    installments: int | None
    applied_on: date
    disbursed_on: date | None
    business_date: date
    balances: Balances
    outstanding: Money
    days_past_due: int
    bucket: str | None
    next_due_date: date | None
    next_milestone_on: date | None
    next_milestone: str | None
    waits_until: date | None
    mandate: Mandate | None
    closure: str | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDetail(LoanSummary):
    """A loan with its papers."""

    decision: Decision | None
    identity: IdentityResult | None
    report: BureauReport | None
    referral: Referral | None
    approvals: tuple[Approval, ...]
    offer: Offer | None
    alternatives: tuple[Offer, ...]
    payout: Payout | None
    debit: Debit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    number: int
    kind: RowKind
    start_date: date
    due_date: date
    principal: Money
    interest: Money
    fees: Money
    penalties: Money
    principal_paid: Money
    interest_paid: Money
    fees_paid: Money
    penalties_paid: Money
    interest_waived: Money
    fees_waived: Money
    penalties_waived: Money
    due: Money
    outstanding: Money
    balance_after: Money
    paid_in_advance: Money
    paid_late: Money
    paid_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRow:
    number: int
    kind: TransactionKind
    amount: Money
    effective_date: date
    booked_at: datetime
    operation_id: str
    reverses: int | None
    installment: int | None
    due_date: date | None
    component: Component | None
    annual_rate: Decimal | None
    debit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """`hash` (hex) covers the row and the hash of the one before it."""

    sequence: int
    actor: str
    action: str
    reason: str | None
    details: dict[str, str]
    at: datetime
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRow:
    """`kind` is the command's name; `receipt` the answer as first given. No loan: it was asked of the books or the
    lender's own affairs."""

    operation_id: str
    loan_id: str | None
    kind: str
    body_digest: str
    receipt: Receipt | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Payoff:
    """`amount` closes the loan if it arrives on `as_of`."""

    loan_id: str
    as_of: date
    amount: Money
    balances: Balances
