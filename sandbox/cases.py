"""What a provider works on after it has answered: an identity check, a payout or a direct debit, told by webhook."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import ClassVar

from sandbox.behaviour import Provider
from sandbox.scenarios import Outcome, Plan, Verdict
from sandbox.webhooks import Event


def reference_of(prefix: str, key: str) -> str:
    """The provider's own id of what was asked under `key`; the same after a restart."""
    return f"{prefix}_{sha256(key.encode()).hexdigest()[:16]}"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Case(ABC):
    """Pending until it is concluded."""

    provider: ClassVar[Provider]
    good_end: ClassVar[Outcome]

    key: str
    loan_id: str
    outcome: Outcome = Outcome.PENDING
    reasons: tuple[str, ...] = ()
    taken_at: datetime = field(default_factory=_now)
    concluded_at: datetime | None = None

    def conclude(self, verdict: Verdict) -> None:
        self.outcome, self.reasons, self.concluded_at = verdict.outcome, verdict.reasons, _now()

    def opposite_of(self, verdict: Verdict) -> Verdict:
        if verdict.outcome is Outcome.FAILED:
            return Verdict(self.good_end)
        return Verdict(Outcome.FAILED, ("contradicted",))

    @abstractmethod
    def event(self) -> Event:
        """The webhook that tells of the conclusion."""


ASPECTS = ("document", "liveness", "sanctions")


@dataclass(frozen=True, slots=True)
class AspectOutcome:
    aspect: str
    outcome: Outcome = Outcome.PASSED
    reasons: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class IdentityCheck(Case):
    provider = Provider.KYC
    good_end = Outcome.PASSED

    plan: Plan
    aspect: str | None = None  # what the outcome comes from

    def conclude(self, verdict: Verdict) -> None:
        Case.conclude(self, verdict)
        self.aspect = verdict.aspect

    @property
    def documents_expire_on(self) -> date | None:
        return self.plan.documents_expire_on

    @property
    def checks(self) -> tuple[AspectOutcome, ...]:
        """All passed but the one that the outcome comes from, or that is still awaited."""
        if self.outcome is Outcome.PENDING and self.plan.apart is None:
            return ()
        awaited = self.plan.apart or self.aspect
        return tuple(
            AspectOutcome(aspect, self.outcome, self.reasons) if aspect == awaited else AspectOutcome(aspect)
            for aspect in ASPECTS
        )

    @property
    def reference(self) -> str:
        return reference_of("kyc", self.key)

    def event(self) -> Event:
        if self.plan.apart:
            return {
                "type": "identity.check_concluded",
                "loan_id": self.loan_id,
                "key": self.key,
                "reference": self.reference,
                "aspect": self.plan.apart,
                "outcome": self.outcome,
                "reasons": list(self.reasons),
            }
        return {
            "type": "identity.checked",
            "loan_id": self.loan_id,
            "key": self.key,
            "reference": self.reference,
            "outcome": self.outcome,
            "reasons": list(self.reasons),
        }


@dataclass(slots=True, kw_only=True)
class Payment(Case):
    """`amount_minor` is a count of minor units of `currency`; `kind` what the rail calls it."""

    provider = Provider.PAYMENTS
    good_end = Outcome.SETTLED
    kind: ClassVar[str]

    amount_minor: int
    currency: str
    account_ending: str

    @property
    def reference(self) -> str:
        return reference_of(self.kind[:3], self.key)

    @property
    def reason(self) -> str | None:
        return self.reasons[0] if self.reasons else None

    def event(self) -> Event:
        return {
            "type": f"{self.kind}.{self.outcome}",
            "loan_id": self.loan_id,
            "key": self.key,
            "reference": self.reference,
            "outcome": self.outcome,
            "reason": self.reason,
        }


@dataclass(slots=True, kw_only=True)
class Payout(Payment):
    kind = "payout"


@dataclass(slots=True, kw_only=True)
class Debit(Payment):
    """Drawn under the mandate of this reference."""

    kind = "debit"

    mandate: str
