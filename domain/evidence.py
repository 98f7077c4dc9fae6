"""What the outside world said: identity checks, credit reports, payout results. Facts, kept as evidence."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class IdentityOutcome(StrEnum):
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    NEEDS_PERSON = "needs_person"


class Aspect(StrEnum):
    """What an identity check looks at."""

    DOCUMENT = "document"
    LIVENESS = "liveness"
    SANCTIONS = "sanctions"


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectCheck:
    aspect: Aspect
    outcome: IdentityOutcome
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityResult:
    """`reference` is the provider's own id of the check, `key` ours; `reasons` are the provider's codes, in its order.

    `checks` are the aspects that the provider told apart; with some of them and a PENDING outcome it is news of those
    alone. `contradicted` are other final words that came after this one, for a person to see. `reused_from` is the loan
    for which the check was made, on the day `checked_on`, when it was not made for this one.
    """

    outcome: IdentityOutcome
    reference: str
    reasons: tuple[str, ...] = ()
    key: str = ""
    checks: tuple[AspectCheck, ...] = ()
    documents_expire_on: date | None = None
    contradicted: tuple[str, ...] = ()
    checked_on: date | None = None
    reused_from: str | None = None

    def updated_by(self, news: "IdentityResult") -> "IdentityResult":
        """A final word stands for itself; news of single aspects complete what is known of the others."""
        if news.outcome is not IdentityOutcome.PENDING:
            return news
        known = {check.aspect: check for check in news.checks}
        known |= {check.aspect: check for check in self.checks if check.outcome is not IdentityOutcome.PENDING}
        return replace(self, checks=tuple(known[aspect] for aspect in Aspect if aspect in known)).concluded()

    def concluded(self) -> "IdentityResult":
        """With the outcome that its aspects have together, once each of them is known."""
        if {check.aspect for check in self.checks} != set(Aspect):
            return self
        reasons = tuple(reason for check in self.checks for reason in check.reasons)
        return replace(self, outcome=_together(self.checks), reasons=reasons or self.reasons)

    def on(self, day: date) -> "IdentityResult":
        """Who passed with documents that have expired by `day` needs a person."""
        if (
            self.outcome is not IdentityOutcome.PASSED
            or not self.documents_expire_on
            or day <= self.documents_expire_on
        ):
            return self
        return replace(self, outcome=IdentityOutcome.NEEDS_PERSON, reasons=(*self.reasons, "document_expired"))

    def is_good_on(self, day: date) -> bool:
        """Whether another application may rely on it."""
        return self.on(day).outcome is IdentityOutcome.PASSED and not self.contradicted

    def dated(self, day: date) -> "IdentityResult":
        """With the day it became known, unless it is an older one."""
        return replace(self, checked_on=self.checked_on or day)

    def is_contradicted_by(self, later: "IdentityResult") -> bool:
        """Whether a later word of the same check says something else than this final one."""
        if later.outcome is not IdentityOutcome.PENDING:
            return later.outcome is not self.outcome
        told = {check.aspect: check.outcome for check in self.checks}
        return any(told.get(check.aspect, check.outcome) is not check.outcome for check in later.checks)


def _together(checks: tuple[AspectCheck, ...]) -> IdentityOutcome:
    """A possible match with a list of sanctions is for a person, never for a machine to decide."""
    outcomes = {
        IdentityOutcome.NEEDS_PERSON
        if check.aspect is Aspect.SANCTIONS and check.outcome is IdentityOutcome.FAILED
        else check.outcome
        for check in checks
    }
    weighed = (IdentityOutcome.PENDING, IdentityOutcome.FAILED, IdentityOutcome.NEEDS_PERSON)
    return next((outcome for outcome in weighed if outcome in outcomes), IdentityOutcome.PASSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BureauReport:
    """`score` is None without a credit file; `monthly_obligations` are minor units of `currency`.

    `reused_from` is the key of the enquiry that this answers, when it was made for an earlier application.
    """

    reference: str
    score: int | None
    currency: str
    monthly_obligations: int
    flags: tuple[str, ...] = ()
    reused_from: str | None = None


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


def verification_key(loan_id: str, recheck: int = 0) -> str:
    """The key under which a loan's identity check is asked for, however often; each re-check has a key of its own."""
    return f"{loan_id}-verification" + (f"-{recheck}" if recheck else "")


def is_verification_key(key: str, loan_id: str) -> bool:
    """Whether `key` is that of one of the loan's checks."""
    first = verification_key(loan_id)
    return key == first or (key.startswith(f"{first}-") and key.removeprefix(f"{first}-").isdecimal())
