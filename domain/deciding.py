"""Deciding: a referred application in the hands of officers, until one approves, declines or time runs out."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.commands import Assign, Decide, GiveInformation, OfficerVerdict, RenewOffer
from domain.errors import (
    AlreadyDecided,
    BeyondAuthority,
    InvalidValue,
    NotAllowedNow,
    NotYourBranch,
    OutsidePolicy,
    OutsideProduct,
    OwnApplication,
)
from domain.loan_file import Approval
from domain.milestones import Milestone, MilestoneKind
from domain.offer import Choice, Offer, make_offer
from domain.paying_out import PayingOut
from domain.people import ENGINE, Officer
from domain.product import Authority
from domain.referral import Inquiry, Referral, after_business_days
from domain.rules import Verdict
from domain.status import LoanStatus
from domain.underwriting import Applicant, Facts, underwrite

MOST_OFFERS = 5  # side by side


@dataclass(kw_only=True)
class Deciding(PayingOut):
    """Whoever decides has the authority, their own or one delegated to them, and no interest in it; large amounts need
    two people."""

    def decide(self, command: Decide, officer: Officer, applicant: Applicant | None, at: datetime) -> None:
        """An officer approves (perhaps other terms than applied for), declines, or asks the applicant for more.

        `applicant` is what the policy knew of them; only an approval asks for it.
        """
        self._refuse_elsewhere(officer)
        if self.status is not LoanStatus.REFERRED and self.decision is not None:
            raise AlreadyDecided(f"the application is {self.status}")
        self._require(LoanStatus.REFERRED)
        self._require_in_time(at)
        self._refuse_own(officer)
        if command.verdict is OfficerVerdict.DECLINE:
            self._authority(officer, 0)
            self._close(LoanStatus.DECLINED, "application_declined", officer.id, at, command.reason)
        elif command.verdict is OfficerVerdict.REQUEST_INFORMATION:
            self._ask(command, officer, at)
        else:
            assert applicant is not None  # noqa: S101  its caller knows who decides what
            self._approve(command, officer, applicant, at)

    def assign(self, command: Assign, officer: Officer | None, at: datetime) -> None:
        """Put the application into an officer's hands, or with None back into the queue."""
        self._require(LoanStatus.REFERRED)
        if officer is not None:
            self._refuse_elsewhere(officer)
            self._refuse_own(officer)
            self._authority(officer, 0)
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

    def renew_offer(self, command: RenewOffer, officer: Officer, at: datetime) -> None:
        """Offer the same anew, from today, while it is open and for as long after its end as it was open."""
        self._refuse_elsewhere(officer)
        self._require(LoanStatus.OFFERED, LoanStatus.EXPIRED)
        self._refuse_own(officer)
        offer, today = self._offered(), self._today(at)
        if today > offer.expires_on + (offer.expires_on - offer.made_on):
            raise NotAllowedNow(f"the offer ended on {offer.expires_on}, which is too long ago to renew it")
        choices = [Choice(amount=one.amount, installments=one.payments) for one in (offer, *self.alternatives)]
        self._authority(officer, max(choice.amount.minor for choice in choices))
        self.closure = None
        self._tell("offer_renewed", officer.id, at, command.reason, digest=offer.digest)
        self._make_offers(tuple(self._offer(choice, today) for choice in choices), officer.id, at)

    # --- the rules of the above --------------------------------------------------------------------------------

    def _refer(self, at: datetime, reasons: str | None) -> None:
        today = self._today(at)
        level = self._limits.level_for(self.application.amount.minor)
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

    @property
    def _limits(self) -> Authority:
        """Who may approve how much, at the risk that the policy saw."""
        return self.product.authority.of_grade(self.decision.grade if self.decision else None)

    def _refuse_elsewhere(self, officer: Officer) -> None:
        if not officer.serves(self.branch):
            raise NotYourBranch("the loan is another branch's")

    def _refuse_own(self, officer: Officer) -> None:
        if officer.customer_id == self.customer_id:
            raise OwnApplication("nobody decides their own application")

    def _authority(self, officer: Officer, amount: int) -> Officer:
        """By whose authority: the officer's own, else that of somebody they act for, who must not be the applicant."""
        limits = self._limits
        if limits.covers(officer.level, amount):
            return officer
        able = [one for one in officer.acts_for if one.serves(self.branch) and limits.covers(one.level, amount)]
        if not able:
            raise BeyondAuthority("the amount is above this officer's limit")
        impartial = next((one for one in able if one.customer_id != self.customer_id), None)
        if impartial is None:
            raise OwnApplication("nobody decides on behalf of the applicant")
        return impartial

    def _ask(self, command: Decide, officer: Officer, at: datetime) -> None:
        """The applicant has as many days to answer as a referral is valid."""
        self._authority(officer, 0)
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

    def _approve(self, command: Decide, officer: Officer, applicant: Applicant, at: datetime) -> None:
        offers = self._approved_offers(command, applicant, at)
        largest = max(offer.amount.minor for offer in offers)
        authority = self._authority(officer, largest)
        approval = _approval(offers, officer, authority)
        seconded = any(earlier.seconds(approval) for earlier in self.approvals)
        needs_second = self._limits.needs_second_officer(largest) and not seconded
        if needs_second and any(earlier.counts_as_one_with(approval) for earlier in self.approvals):
            raise BeyondAuthority("a second, different officer must approve this amount")
        self.approvals = (*self.approvals, approval)
        name = "approval_recorded" if needs_second else "application_approved"
        behalf = {} if authority is officer else {"on_behalf_of": authority.id}
        self._tell(name, officer.id, at, command.reason, amount=str(offers[0].amount), **behalf)
        if not needs_second:
            self._make_offers(offers, officer.id, at)

    def _approved_offers(self, command: Decide, applicant: Applicant, at: datetime) -> tuple[Offer, ...]:
        wished = self.application
        first = Choice(amount=command.amount or wished.amount, installments=command.installments or wished.installments)
        choices = (first, *command.alternatives)
        if len(set(choices)) < len(choices):
            raise InvalidValue("alternatives", "hold the same terms twice")
        if len(choices) > MOST_OFFERS:
            raise InvalidValue("alternatives", f"are more than {MOST_OFFERS - 1}")
        today = self._today(at)
        offers = tuple(self._offer(choice, today) for choice in choices)
        for offer in offers:
            if offer.amount.minor > wished.amount.minor:
                raise OutsideProduct("amount", "is more than was applied for")
            self._require_within_policy(offer, applicant, today)
        return offers

    def _offer(self, choice: Choice, today: date) -> Offer:
        grade = self.decision.grade if self.decision else None
        return make_offer(self.product, choice.amount, choice.installments, today, grade)

    def _require_within_policy(self, offer: Offer, applicant: Applicant, today: date) -> None:
        """What the policy declines, no officer approves: changed terms change what a month costs."""
        if self.identity is None or self.report is None:
            return
        facts = Facts.of(
            self.product,
            amount=offer.amount,
            installments=offer.payments,
            applicant=applicant,
            identity=self.identity,
            report=self.report,
            today=today,
        )
        decision = underwrite(self.product.policy, facts)
        if decision.verdict is Verdict.DECLINE:
            reasons = ", ".join(decision.reasons)
            raise OutsidePolicy(f"{offer.amount} in {offer.payments} installments: {reasons}")

    def _make_offers(self, offers: tuple[Offer, ...], actor: str, at: datetime) -> None:
        """The first, and its alternatives: the applicant takes one."""
        self.offer, *others = offers
        self.alternatives, self.status, self.waits_until = tuple(others), LoanStatus.OFFERED, offers[0].expires_on
        for offer in offers:
            self._tell("offer_made", actor, at, amount=str(offer.amount), apr=f"{offer.apr}%", digest=offer.digest)

    # --- when nobody decides -----------------------------------------------------------------------------------

    def _service_level(self, day: date, level: int) -> date | None:
        """The last day on which a decision is in time; None when there is nobody above `level`."""
        days = self.product.referral_service_days
        if days is None or level >= self._limits.highest_level:
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
        level = min(referral.level + 1, self._limits.highest_level)
        self.referral = referral.escalated(level, self._service_level(self.business_date, level))
        self._tell("referral_escalated", ENGINE, at, level=str(level))


def _approval(offers: tuple[Offer, ...], officer: Officer, authority: Officer) -> Approval:
    first, *others = offers
    return Approval(
        officer_id=officer.id,
        amount=first.amount,
        installments=first.payments,
        alternatives=tuple(Choice(amount=one.amount, installments=one.payments) for one in others),
        on_behalf_of=None if authority is officer else authority.id,
        acts_for=tuple(one.id for one in officer.acts_for),
    )
