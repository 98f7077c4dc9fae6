"""What providers' answers must look like. Codes only: free text could hold personal data, so none is read."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.evidence import (
    Aspect,
    AspectCheck,
    BureauReport,
    DebitOutcome,
    DebitResult,
    IdentityOutcome,
    IdentityResult,
    PayoutOutcome,
    PayoutResult,
)
from domain.money import LARGEST_AMOUNT

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]{1,64}$")]
Codes = Annotated[tuple[Code, ...], Field(max_length=32)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]


class ProviderAnswer(BaseModel):
    """Strict about what is read; what a provider adds to its answers over the years is ignored."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class RefusalAnswer(ProviderAnswer):
    code: Code


class AspectAnswer(ProviderAnswer):
    aspect: Aspect
    outcome: IdentityOutcome
    reasons: Codes = ()

    def check(self) -> AspectCheck:
        return AspectCheck(aspect=self.aspect, outcome=self.outcome, reasons=self.reasons)


class IdentityAnswer(ProviderAnswer):
    key: Identifier
    reference: Identifier
    outcome: IdentityOutcome
    reasons: Codes = ()
    checks: Annotated[tuple[AspectAnswer, ...], Field(max_length=len(Aspect))] = ()
    documents_expire_on: date | None = None

    def result(self) -> IdentityResult:
        """Of an answer that tells its aspects apart, the outcome is theirs together, whatever it sums them up to."""
        return IdentityResult(
            outcome=self.outcome,
            reference=self.reference,
            reasons=self.reasons,
            key=self.key,
            checks=tuple(answer.check() for answer in self.checks),
            documents_expire_on=self.documents_expire_on,
        ).concluded()


class DocumentAnswer(ProviderAnswer):
    digest: Digest


class DocumentsAnswer(ProviderAnswer):
    """What the provider has of the documents of one check."""

    documents: Annotated[tuple[DocumentAnswer, ...], Field(max_length=1000)]


class ReportAnswer(ProviderAnswer):
    """`monthly_obligations` is a count of minor units of `currency`."""

    reference: Identifier
    score: Annotated[int, Field(ge=0, le=1000)] | None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    monthly_obligations: Annotated[int, Field(ge=0, le=LARGEST_AMOUNT)]
    flags: Codes = ()

    def report(self) -> BureauReport:
        return BureauReport(
            reference=self.reference,
            score=self.score,
            currency=self.currency,
            monthly_obligations=self.monthly_obligations,
            flags=self.flags,
        )


class PayoutAnswer(ProviderAnswer):
    key: Identifier
    outcome: Literal["pending", "settled", "failed"]
    reason: Code | None = None

    def result(self) -> PayoutResult:
        return PayoutResult(outcome=PayoutOutcome(self.outcome), key=self.key, reason=self.reason)


class DebitAnswer(ProviderAnswer):
    key: Identifier
    outcome: Literal["pending", "settled", "failed", "returned"]
    reason: Code | None = None

    def result(self) -> DebitResult:
        return DebitResult(outcome=DebitOutcome(self.outcome), key=self.key, reason=self.reason)
