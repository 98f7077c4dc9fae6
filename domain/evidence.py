"""What the outside world said: identity checks, credit reports, payout results. Facts, kept as evidence."""

from dataclasses import dataclass
from enum import StrEnum


class IdentityOutcome(StrEnum):
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    NEEDS_PERSON = "needs_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityResult:
    """`reference` is the provider's own id of the check; `reasons` are the provider's codes, in its order."""

    outcome: IdentityOutcome
    reference: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BureauReport:
    """`score` is None without a credit file; `monthly_obligations` are minor units of `currency`."""

    reference: str
    score: int | None
    currency: str
    monthly_obligations: int
    flags: tuple[str, ...] = ()


def no_report(reference: str, currency: str) -> BureauReport:
    """What is known of somebody of whom no report is on file."""
    return BureauReport(reference=reference, score=None, currency=currency, monthly_obligations=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BureauReceipt:
    """Says that a report is on file, and not what is in it: messages and histories are no place for that."""

    reference: str


class PayoutOutcome(StrEnum):
    """PENDING: the rail has it and will tell. UNKNOWN: the rail has never heard of the key."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutResult:
    """What the payment rail says about one payout, named by the key it was sent under."""

    outcome: PayoutOutcome
    key: str
    reason: str | None = None


class DebitOutcome(StrEnum):
    """PENDING and UNKNOWN as of a payout. RETURNED: it settled, and the money was taken back since."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"
    RETURNED = "returned"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitResult:
    """What the payment rail says about one direct debit, named by the key it was sent under."""

    outcome: DebitOutcome
    key: str
    reason: str | None = None


def dossier_key(loan_id: str) -> str:
    """The key under which is kept what a loan's applicant was known by."""
    return f"{loan_id}-dossier"


def verification_key(loan_id: str) -> str:
    """The key under which a loan's identity check is asked for, however often."""
    return f"{loan_id}-verification"
