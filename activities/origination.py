"""Bookkeeping from the application to the payout's outcome: one activity, one transaction."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from temporalio import activity

from domain.commands import (
    AcceptOffer,
    ApplyForLoan,
    Assign,
    Cancel,
    Command,
    Decide,
    GiveInformation,
    HearIdentity,
    OfficerVerdict,
    RecheckIdentity,
    RecordRecheck,
    RenewOffer,
    ReportPayoutOverdue,
    ResolvePayout,
    RetryPayout,
    ReviewPayout,
    Underwrite,
    Withdraw,
)
from domain.errors import CustomerErased, DomainError
from domain.evidence import BureauReport, dossier_key, no_report
from domain.loan import Loan
from domain.ports import ApplicationSignals, CustomerDirectory, EvidenceFile, LoanBooks, OfficerDirectory
from domain.underwriting import Applicant, Dossier
from domain.views import Outcome

Fact = TypeVar("Fact")


class Origination:
    """Local activities over the loan's books. `at` is the workflow's clock."""

    def __init__(
        self,
        books: LoanBooks,
        *,
        customers: CustomerDirectory,
        officers: OfficerDirectory,
        evidence: EvidenceFile,
        signals: ApplicationSignals,
    ) -> None:
        self._books = books
        self._customers = customers
        self._officers = officers
        self._evidence = evidence
        self._signals = signals

    @property
    def activities(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.record_application,
            self.underwrite,
            self.decide,
            self.assign,
            self.give_information,
            self.order_recheck,
            self.record_recheck,
            self.hear_identity,
            self.renew_offer,
            self.accept,
            self.withdraw,
            self.resolve_payout,
            self.report_payout_overdue,
            self.review_payout,
            self.retry_payout,
            self.cancel,
        ]

    @activity.defn(name="Record application")
    async def record_application(self, command: ApplyForLoan, at: datetime) -> Outcome:
        return await self._books.open(command, at, lambda product: Loan.apply(command, product, at))

    @activity.defn(name="Decide by policy")
    async def underwrite(self, command: Underwrite, at: datetime) -> Outcome:
        """Without a report on file, a person looks at the application.

        Of a customer who was erased while they applied nothing is known any more, and it ends.
        """
        try:
            dossier, report = await self._on_file(command, at)
        except CustomerErased as erased:
            reason = str(erased)
            return await self._books.write(command, at, lambda loan: loan.give_up(reason, at))
        return await self._books.write(
            command, at, lambda loan: loan.underwrite(command, report, dossier.applicant, at)
        )

    async def _on_file(self, command: Underwrite, at: datetime) -> tuple[Dossier, BureauReport]:
        """What is on file of the applicant, so that another attempt decides on the same."""
        dossier, report = await self._evidence.of_application(loan_id=command.loan_id, report_key=command.report_key)
        report = report or no_report(command.report_key, command.currency)
        return dossier or await self._dossier(command, at), report

    async def _dossier(self, command: Underwrite, at: datetime) -> Dossier:
        customer = await self._customers.details(command.customer_id)
        applicant = Applicant.of(customer, command.currency, await self._signals.of(command.loan_id))
        dossier = Dossier(applicant=applicant, decided_at=at)
        return await self._evidence.keep_dossier(
            key=dossier_key(command.loan_id),
            loan_id=command.loan_id,
            customer_id=command.customer_id,
            dossier=dossier,
        )

    @activity.defn(name="Record officer's decision")
    async def decide(self, command: Decide, at: datetime) -> Outcome:
        officer = await self._on_record(self._officers.officer(command.actor, at), command, at)
        approves = command.verdict is OfficerVerdict.APPROVE
        applicant = await self._on_record(self._applicant(command), command, at) if approves else None
        return await self._books.write(command, at, lambda loan: loan.decide(command, officer, applicant, at))

    async def _applicant(self, command: Decide) -> Applicant:
        """As the policy knew them."""
        if dossier := await self._evidence.dossier(key=dossier_key(command.loan_id)):
            return dossier.applicant
        standing = await self._books.standing(command.loan_id)
        customer = await self._customers.details(standing.customer_id)
        return Applicant.of(customer, standing.currency, await self._signals.of(command.loan_id))

    async def _on_record(self, asked: Awaitable[Fact], command: Command, at: datetime) -> Fact:
        """What is known of those who decide and apply. A refusal on the way is as much on record as one by the loan."""
        try:
            return await asked
        except DomainError as refusal:
            await self._books.refuse(refusal, command, at)
            raise

    @activity.defn(name="Assign application")
    async def assign(self, command: Assign, at: datetime) -> Outcome:
        to = command.officer_id
        officer = await self._on_record(self._officers.officer(to, at), command, at) if to else None
        return await self._books.write(command, at, lambda loan: loan.assign(command, officer, at))

    @activity.defn(name="Order identity check again")
    async def order_recheck(self, command: RecheckIdentity, at: datetime) -> Outcome:
        officer = await self._on_record(self._officers.officer(command.actor, at), command, at)
        return await self._books.write(command, at, lambda loan: loan.order_recheck(command, officer, at))

    @activity.defn(name="Record identity check")
    async def record_recheck(self, command: RecordRecheck, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.record_recheck(command, at))

    @activity.defn(name="Note late word on identity")
    async def hear_identity(self, command: HearIdentity, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.hear_identity(command, at))

    @activity.defn(name="Record applicant's answer")
    async def give_information(self, command: GiveInformation, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.give_information(command, at))

    @activity.defn(name="Renew offer")
    async def renew_offer(self, command: RenewOffer, at: datetime) -> Outcome:
        """Not for somebody who was erased after it had ended."""
        officer = await self._on_record(self._officers.officer(command.actor, at), command, at)
        standing = await self._books.standing(command.loan_id)
        await self._on_record(self._customers.details(standing.customer_id), command, at)
        return await self._books.write(command, at, lambda loan: loan.renew_offer(command, officer, at))

    @activity.defn(name="Accept offer and instruct payout")
    async def accept(self, command: AcceptOffer, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.accept(command, at))

    @activity.defn(name="Withdraw application")
    async def withdraw(self, command: Withdraw, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.withdraw(command, at))

    @activity.defn(name="Book payout's outcome")
    async def resolve_payout(self, command: ResolvePayout, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.resolve_payout(command, at))

    @activity.defn(name="Report payout overdue")
    async def report_payout_overdue(self, command: ReportPayoutOverdue, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.report_payout_overdue(command, at))

    @activity.defn(name="Review payout")
    async def review_payout(self, command: ReviewPayout, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.review_payout(command, at))

    @activity.defn(name="Instruct payout again")
    async def retry_payout(self, command: RetryPayout, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.retry_payout(command, at))

    @activity.defn(name="Cancel loan")
    async def cancel(self, command: Cancel, at: datetime) -> Outcome:
        return await self._books.write(command, at, lambda loan: loan.cancel(command, at))
