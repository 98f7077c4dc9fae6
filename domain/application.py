"""LoanApplication: from the application to an accepted offer, and the ways out before that.

Each method is one thing that can happen; it refuses with a `DomainError` or changes the file, adding `Fact`s (told to
people and systems) and `Transaction`s (folded into the position, posted to the journal).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.commands import (
    AcceptOffer,
    ApplyForLoan,
    Cancel,
    Underwrite,
    Withdraw,
)
from domain.disclosure import disclosure
from domain.errors import ConsentMissing, OfferChanged, OfferExpired
from domain.evidence import BureauReport, IdentityResult
from domain.loan_file import Application
from domain.offer import make_offer
from domain.people import ENGINE
from domain.product import LoanProduct
from domain.rechecking import Rechecking
from domain.rules import Verdict
from domain.status import LoanStatus
from domain.underwriting import Applicant, Facts, underwrite


@dataclass(kw_only=True)
class LoanApplication(Rechecking):
    """A loan until its payout is instructed; what follows is `PayingOut`, and what officers do `Deciding`."""

    @classmethod
    def apply(cls, command: ApplyForLoan, product: LoanProduct, at: datetime) -> Self:
        """Raises `OutsideProduct`, `CurrencyMismatch` or `InvalidValue` when the product does not lend this, and
        `ConsentMissing` when it wants a consent that was not given."""
        _check_consent(product, command.credit_report_consent)
        today, terms = product.business_date(at), product.terms_for(command.amount, command.installments)
        disclosure(terms, command.amount.minor, today)  # raises what would stand in the way of an offer
        application = Application(
            amount=command.amount,
            installments=command.installments,
            applied_on=today,
            device=command.device,
            credit_report_consent=command.credit_report_consent,
        )
        loan = cls(
            id=command.loan_id,
            customer_id=command.customer_id,
            product=product,
            application=application,
            branch=command.branch,
        )
        loan._today(at)
        wording = command.credit_report_consent
        consent = {"credit_report_consent": wording} if wording else {}
        loan._tell(
            "application_submitted", command.actor, at, amount=str(command.amount), product=product.code, **consent
        )
        return loan

    def underwrite(self, command: Underwrite, report: BureauReport, applicant: Applicant, at: datetime) -> None:
        """Decide by the product's policy: decline, refer to an officer, or offer what was applied for."""
        self._require(LoanStatus.VERIFYING)
        today = self._today(at)
        self.identity = identity = command.identity.on(today).dated(today)
        self.report = report
        self._tell("identity_checked", ENGINE, at, outcome=identity.outcome, **_reused(identity))
        self._tell("bureau_reported", ENGINE, at, reference=report.reference, **_reused(report))
        wanted = self.application
        facts = Facts.of(
            self.product,
            amount=wanted.amount,
            installments=wanted.installments,
            applicant=applicant,
            identity=identity,
            report=report,
            today=today,
        )
        self.decision = underwrite(self.product.policy, facts)
        reasons = ", ".join(self.decision.reasons) or None
        if self.decision.verdict is Verdict.DECLINE:
            self._close(LoanStatus.DECLINED, "application_declined", ENGINE, at, reasons)
        elif self.decision.verdict is Verdict.REFER:
            self._refer(at, reasons)
        else:
            offer = make_offer(self.product, wanted.amount, wanted.installments, today, facts.grade)
            self._make_offers((offer,), ENGINE, at)

    def accept(self, command: AcceptOffer, at: datetime) -> None:
        """The applicant takes one of the offers they saw; its payout is instructed in the same breath."""
        self._require(LoanStatus.OFFERED)
        offers = {offer.digest: offer for offer in (self._offered(), *self.alternatives)}
        if self._today(at) > self._offered().expires_on:
            raise OfferExpired(f"the offer was valid until {self._offered().expires_on}")
        if command.offer_digest not in offers:
            raise OfferChanged("the digest is not that of an open offer")
        self.offer = offer = offers[command.offer_digest]
        self.alternatives = ()
        self._tell("offer_accepted", command.actor, at, digest=offer.digest)
        self._instruct_payout(command.operation_id, command.actor, at)

    def withdraw(self, command: Withdraw, at: datetime) -> None:
        """The applicant changes their mind before accepting."""
        self._require(LoanStatus.VERIFYING, LoanStatus.REFERRED, LoanStatus.OFFERED)
        self._close(LoanStatus.WITHDRAWN, "application_withdrawn", command.actor, at, command.reason)

    def give_up(self, reason: str, at: datetime) -> None:
        """Nobody can decide it."""
        self._require(LoanStatus.VERIFYING)
        self._close(LoanStatus.CANCELLED, "loan_cancelled", ENGINE, at, reason)

    def cancel(self, command: Cancel, at: datetime) -> None:
        """Give up before the money is out. A payout under way must be resolved first."""
        self._require(LoanStatus.VERIFYING, LoanStatus.REFERRED, LoanStatus.OFFERED, LoanStatus.ACCEPTED)
        self._close(LoanStatus.CANCELLED, "loan_cancelled", command.actor, at, command.reason)


def _check_consent(product: LoanProduct, given: str | None) -> None:
    wanted = product.policy.credit_report_consent
    if wanted is not None and given != wanted:
        raise ConsentMissing(f"the applicant must agree to the wording {wanted} before the credit bureau is asked")


def _reused(said: IdentityResult | BureauReport) -> dict[str, str]:
    return {"reused_from": said.reused_from} if said.reused_from else {}
