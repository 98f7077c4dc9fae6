"""Deciding: a referred application in the hands of officers, until one approves, declines or time runs out."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.commands import Assign, Decide, GiveInformation, OfficerVerdict
from domain.errors import AlreadyDecided, BeyondAuthority, InvalidValue, NotAllowedNow, OutsideProduct, OwnApplication
from domain.loan_file import Approval
from domain.milestones import Milestone, MilestoneKind
from domain.offer import Offer, make_offer
from domain.paying_out import PayingOut
from domain.people import ENGINE, Officer
from domain.referral import Inquiry, Referral, after_business_days
from domain.status import LoanStatus


@dataclass(kw_only=True)
class Deciding(PayingOut):
    """Whoever decides has the authority and no interest of their own; large amounts need two."""

    def decide(self, command: Decide, officer: Officer, at: datetime) -> None:
        """An officer approves (perhaps less than applied for), declines, or asks the applicant for more."""
        if self.status is not LoanStatus.REFERRED and self.decision is not None:
            raise AlreadyDecided(f"the application is {self.status}")
        self._require(LoanStatus.REFERRED)
        self._require_in_time(at)
        self._refuse_own(officer)
        if command.verdict is OfficerVerdict.DECLINE:
            self.product.authority.check(officer.level, 0)
            self._close(LoanStatus.DECLINED, "application_declined", officer.id, at, command.reason)
        elif command.verdict is OfficerVerdict.REQUEST_INFORMATION:
            self._ask(command, officer, at)
        else:
            self._approve(command, officer, at)

    def assign(self, command: Assign, officer: Officer | None, at: datetime) -> None:
        """Put the application into an officer's hands, or with None back into the queue."""
        self._require(LoanStatus.REFERRED)
        if officer is not None:
            self._refuse_own(officer)
            self.product.authority.check(officer.level, 0)
        self._today(at)
        self.referral = replace(self._referral, assigned_to=officer.id if officer else None)
        self._tell("application_assigned", command.actor, at, officer=officer.id if officer else "nobody")

    def give_information(self, command: GiveInformation, at: datetime) -> None:
        """The applicant has answered: back to the officers, with the days that were left, and a new service level."""
        self._require(LoanStatus.REFERRED)
        self._require_in_time(at)
        referral, today = self._referral, self._today(at)
        asked = referral.open_inquiry
        if asked is None:
            raise NotAllowedNow("nobody waits for an answer")
        answered = replace(asked, answered_on=today, answer_digest=command.answer_digest)
        self.referral = replace(referral, inquiry=answered, decide_by=self._service_level(today, referral.level))
        self.waits_until = today + timedelta(days=asked.days_left)
        self._tell("information_given", command.actor, at, digest=command.answer_digest)

    # --- the rules of the above --------------------------------------------------------------------------------

    def _refer(self, at: datetime, reasons: str | None) -> None:
        today = self._today(at)
        level = self.product.authority.level_for(self.application.amount.minor)
        self.status, self.waits_until = LoanStatus.REFERRED, today + timedelta(days=self.product.referral_valid_days)
        self.referral = Referral(referred_on=today, level=level, decide_by=self._service_level(today, 0))
        self._tell("application_referred", ENGINE, at, reasons)

    @property
    def _referral(self) -> Referral:
        return self.referral or Referral(referred_on=self.application.applied_on)

    @property
    def assigned_to(self) -> str | None:
        """Whose queue the loan is in."""
        if self.status is LoanStatus.REFERRED and self.referral is not None:
            return self.referral.whose
        return super().assigned_to

    def _refuse_own(self, officer: Officer) -> None:
        if officer.customer_id == self.customer_id:
            raise OwnApplication("nobody decides their own application")

    def _ask(self, command: Decide, officer: Officer, at: datetime) -> None:
        """The applicant has as many days to answer as a referral is valid."""
        self.product.authority.check(officer.level, 0)
        referral, today = self._referral, self._today(at)
        if not command.reason:
            raise InvalidValue("reason", "says what the applicant is asked")
        if referral.open_inquiry:
            raise NotAllowedNow("the applicant was asked before and has not answered yet")
        days_left = (self.waits_until - today).days if self.waits_until else self.product.referral_valid_days
        asked = Inquiry(question=command.reason, asked_by=officer.id, asked_on=today, days_left=days_left)
        self.referral = replace(referral, inquiry=asked, decide_by=None)
        self.waits_until = today + timedelta(days=self.product.referral_valid_days)
        self._tell("information_requested", officer.id, at, command.reason)

    def _approve(self, command: Decide, officer: Officer, at: datetime) -> None:
        amount = command.amount or self.application.amount
        installments = command.installments or self.application.installments
        grade = self.decision.grade if self.decision else None
        offer = make_offer(self.product, amount, installments, self._today(at), grade)
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

    # --- when nobody decides -----------------------------------------------------------------------------------

    def _service_level(self, day: date, level: int) -> date | None:
        """The last day on which a decision is in time; None when there is nobody above `level`."""
        days = self.product.referral_service_days
        if days is None or level >= self.product.authority.highest_level:
            return None
        return after_business_days(self.product.terms, day, days)

    def _escalation(self) -> Milestone | None:
        """What happens before the referral expires, if anything does."""
        by = self.referral.decide_by if self.referral and self.status is LoanStatus.REFERRED else None
        if by is None or (self.waits_until is not None and by >= self.waits_until):
            return None
        label = f"Referral escalates: {by} is the last day of its service level"
        return Milestone(kind=MilestoneKind.REFERRAL_ESCALATES, on=by + timedelta(days=1), label=label)

    def _escalate(self, at: datetime) -> None:
        referral = self._referral
        level = min(referral.level + 1, self.product.authority.highest_level)
        self.referral = referral.escalated(level, self._service_level(self.business_date, level))
        self._tell("referral_escalated", ENGINE, at, level=str(level))
