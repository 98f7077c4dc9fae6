"""LoanApplication: from the application to an accepted offer, and the ways out before that.

Each method is one thing that can happen; it refuses with a `DomainError` or changes the file, adding `Fact`s (told to
people and systems) and `Transaction`s (folded into the position, posted to the journal).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from domain.commands import (
    AcceptOffer,
    ApplyForLoan,
    Cancel,
    Decide,
    OfficerVerdict,
    Underwrite,
    Withdraw,
)
from domain.errors import (
    AlreadyDecided,
    BeyondAuthority,
    OfferChanged,
    OfferExpired,
    OutsideProduct,
    OwnApplication,
)
from domain.evidence import BureauReport
from domain.loan_file import Application, Approval
from domain.offer import Offer, make_offer
from domain.paying_out import PayingOut
from domain.people import ENGINE, Officer
from domain.product import LoanProduct
from domain.status import LoanStatus
from domain.underwriting import Applicant, Facts, Verdict, underwrite


@dataclass(kw_only=True)
class LoanApplication(PayingOut):
    """A loan until its payout is instructed; what follows is `PayingOut`."""

    @classmethod
    def apply(cls, command: ApplyForLoan, product: LoanProduct, at: datetime) -> Self:
        """Raises `OutsideProduct`, `CurrencyMismatch` or `InvalidValue` when the product does not lend this."""
        make_offer(product, command.amount, command.installments, product.business_date(at))
        application = Application(
            amount=command.amount, installments=command.installments, applied_on=product.business_date(at)
        )
        loan = cls(id=command.loan_id, customer_id=command.customer_id, product=product, application=application)
        loan._today(at)
        loan._tell("application_submitted", command.actor, at, amount=str(command.amount), product=product.code)
        return loan

    def underwrite(self, command: Underwrite, report: BureauReport, applicant: Applicant, at: datetime) -> None:
        """Decide by the product's policy: decline, refer to an officer, or offer what was applied for."""
        self._require(LoanStatus.VERIFYING)
        today = self._today(at)
        self.identity, self.report = command.identity, report
        self._tell("identity_checked", ENGINE, at, outcome=command.identity.outcome)
        self._tell("bureau_reported", ENGINE, at, reference=report.reference)
        offer = make_offer(self.product, self.application.amount, self.application.installments, today)
        facts = Facts(
            applicant=applicant,
            identity=command.identity,
            report=report,
            monthly_payment=offer.installment.minor,
            today=today,
        )
        self.decision = underwrite(self.product.policy, facts)
        reasons = ", ".join(self.decision.reasons) or None
        if self.decision.verdict is Verdict.DECLINE:
            self._close(LoanStatus.DECLINED, "application_declined", ENGINE, at, reasons)
        elif self.decision.verdict is Verdict.REFER:
            self.status = LoanStatus.REFERRED
            self.waits_until = today + timedelta(days=self.product.referral_valid_days)
            self._tell("application_referred", ENGINE, at, reasons)
        else:
            self._make_offer(offer, ENGINE, at)

    def decide(self, command: Decide, officer: Officer, at: datetime) -> None:
        """An officer approves (perhaps less than applied for) or declines a referred application."""
        if self.status is not LoanStatus.REFERRED and self.decision is not None:
            raise AlreadyDecided(f"the application is {self.status}")
        self._require(LoanStatus.REFERRED)
        self._require_in_time(at)
        if officer.customer_id == self.customer_id:
            raise OwnApplication("nobody decides their own application")
        if command.verdict is OfficerVerdict.DECLINE:
            self.product.authority.check(officer.level, 0)
            self._close(LoanStatus.DECLINED, "application_declined", officer.id, at, command.reason)
        else:
            self._approve(command, officer, at)

    def _approve(self, command: Decide, officer: Officer, at: datetime) -> None:
        amount = command.amount or self.application.amount
        installments = command.installments or self.application.installments
        offer = make_offer(self.product, amount, installments, self._today(at))
        if amount.minor > self.application.amount.minor:
            raise OutsideProduct("amount", "is more than was applied for")
        self.product.authority.check(officer.level, amount.minor)
        approval = Approval(officer_id=officer.id, amount=amount, installments=installments)
        if self.product.authority.needs_second_officer(amount.minor) and not self._seconded(approval):
            if any(earlier.officer_id == officer.id for earlier in self.approvals):
                raise BeyondAuthority("a second, different officer must approve this amount")
            self.approvals = (*self.approvals, approval)
            self._tell("approval_recorded", officer.id, at, command.reason, amount=str(amount))
            return
        self.approvals = (*self.approvals, approval)
        self._tell("application_approved", officer.id, at, command.reason, amount=str(amount))
        self._make_offer(offer, officer.id, at)

    def _seconded(self, approval: Approval) -> bool:
        return any(
            earlier.officer_id != approval.officer_id
            and (earlier.amount, earlier.installments) == (approval.amount, approval.installments)
            for earlier in self.approvals
        )

    def _make_offer(self, offer: Offer, actor: str, at: datetime) -> None:
        self.offer, self.status, self.waits_until = offer, LoanStatus.OFFERED, offer.expires_on
        self._tell("offer_made", actor, at, amount=str(offer.amount), apr=f"{offer.apr}%", digest=offer.digest)

    def accept(self, command: AcceptOffer, at: datetime) -> None:
        """The applicant takes the offer they saw; its payout is instructed in the same breath."""
        self._require(LoanStatus.OFFERED)
        offer = self._offered()
        if self._today(at) > offer.expires_on:
            raise OfferExpired(f"the offer was valid until {offer.expires_on}")
        if command.offer_digest != offer.digest:
            raise OfferChanged("the digest is not that of the open offer")
        self._tell("offer_accepted", command.actor, at, digest=offer.digest)
        self._instruct_payout(offer.amount, command.operation_id, command.actor, at)

    def withdraw(self, command: Withdraw, at: datetime) -> None:
        """The applicant changes their mind before accepting."""
        self._require(LoanStatus.VERIFYING, LoanStatus.REFERRED, LoanStatus.OFFERED)
        self._close(LoanStatus.WITHDRAWN, "application_withdrawn", command.actor, at, command.reason)

    def cancel(self, command: Cancel, at: datetime) -> None:
        """Give up before the money is out. A payout under way must be resolved first."""
        self._require(LoanStatus.VERIFYING, LoanStatus.REFERRED, LoanStatus.OFFERED, LoanStatus.ACCEPTED)
        self._close(LoanStatus.CANCELLED, "loan_cancelled", command.actor, at, command.reason)
