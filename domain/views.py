"""What the outside is told of a loan: the answers of commands, and what the workflow needs to know to wait."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.money import Money
from domain.status import LoanStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a loan stands, for those who wait: its workflow and the operator who watches it.

    `wake_at` is when the next milestone passes if nothing else happens; None when the loan waits for nothing.
    `payout_key` names the payout under way, `debit_key` the direct debit, instructed at `debit_since` under
    `debit_mandate`; `assigned_to` whose queue the loan is in, when it needs a person;
    `recheck_key` the identity check that an officer ordered.
    While providers are asked, their earlier words are good for so many days; `asks_both`: both are asked in one call
    first. Earlier builds, which asked one by one, did not say so.
    """

    loan_id: str
    status: LoanStatus
    business_date: date
    wake_at: datetime | None = None
    waits_for: str | None = None
    installment: int | None = None
    installments: int | None = None
    next_due_date: date | None = None
    days_past_due: int = 0
    outstanding: Money | None = None
    payout_key: str | None = None
    payout_amount: Money | None = None
    closure: str | None = None
    assigned_to: str | None = None
    customer_id: str = ""
    currency: str = ""
    recheck_key: str | None = None
    report_valid_days: int = 0
    identity_valid_days: int = 0
    asks_both: bool = False
    debit_key: str | None = None
    debit_amount: Money | None = None
    debit_mandate: str | None = None
    debit_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How one payment was used. The parts sum to `amount`; `credit` is what was left over."""

    loan_id: str
    transaction: int
    amount: Money
    effective_date: date
    principal: Money
    interest: Money
    fees: Money
    penalties: Money
    credit: Money
    outstanding: Money
    status: LoanStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer of every command: where the loan stands now and, for a payment, its receipt as first given."""

    standing: Standing
    receipt: Receipt | None = None
