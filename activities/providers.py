"""Calls to the outside world, with the same key on every attempt: one activity, one call to one provider, but for the
first time of asking.

An outage is raised on and retried by Temporal; a refusal is an answer, in the provider's own words.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import activity

from domain.errors import DomainError
from domain.evidence import (
    BureauReceipt,
    BureauReport,
    DebitOutcome,
    DebitResult,
    IdentityOutcome,
    IdentityResult,
    PayoutOutcome,
    PayoutResult,
)
from domain.money import Money
from domain.ports import CreditBureau, EvidenceFile, IdentityProvider, PaymentRail, ProviderRefused

Answer = TypeVar("Answer")

FIRST_PATIENCE = 12.0  # seconds for a provider that is asked together with another; its call has fifteen


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry:
    """A question about a customer. `key` is the same on every attempt; `currency` is the loan's.

    Documents count that were there when it was first asked, so that every attempt asks the same.
    """

    key: str
    loan_id: str
    customer_id: str
    currency: str
    asked_at: datetime | None = None
    report_valid_days: int = 0
    identity_valid_days: int = 0

    def since(self, valid_days: int) -> datetime | None:
        """From when on an earlier word is still good; None when there is none that is."""
        return self.asked_at - timedelta(days=valid_days) if self.asked_at and valid_days else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the two said when they were first asked. None: that one has not answered."""

    identity: IdentityResult | None = None
    report: BureauReceipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutOrder:
    key: str
    loan_id: str
    customer_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitOrder:
    """`mandate` is the reference of the borrower's."""

    key: str
    loan_id: str
    customer_id: str
    mandate: str
    amount: Money


class Providers:
    """Regular activities: enquiries on the loans' task queue, money on the providers'."""

    def __init__(
        self, identity: IdentityProvider, bureau: CreditBureau, rail: PaymentRail, evidence: EvidenceFile
    ) -> None:
        self._identity = identity
        self._bureau = bureau
        self._rail = rail
        self._evidence = evidence

    @property
    def enquiries(self) -> list[Callable[..., Any]]:
        """What a worker of loans registers."""
        return [self.ask_both, self.check_identity, self.bureau_report]

    @property
    def activities(self) -> list[Callable[..., Any]]:
        """What a worker of the providers' task queue registers: earlier builds made enquiries there, too."""
        return [
            self.check_identity,
            self.bureau_report,
            self.send_payout,
            self.payout_status,
            self.send_debit,
            self.debit_status,
        ]

    @activity.defn(name="Ask both providers")
    async def ask_both(self, enquiry: Enquiry) -> Answers:
        """Both at the same time, once. Who does not answer has a call of their own next, which shows who is away."""
        identity, report = await asyncio.gather(
            _if_answered(self.check_identity(enquiry)), _if_answered(self.bureau_report(enquiry))
        )
        return Answers(identity=identity, report=report)

    @activity.defn(name="Check identity")
    async def check_identity(self, enquiry: Enquiry) -> IdentityResult:
        """A refused check needs a person; one that was passed a short while ago is not made again."""
        if known := await self._known(enquiry):
            return replace(known, key=enquiry.key)
        try:
            result = await self._identity.check(
                key=enquiry.key,
                loan_id=enquiry.loan_id,
                customer_id=enquiry.customer_id,
                documents_until=enquiry.asked_at,
            )
            return replace(result, key=enquiry.key)
        except ProviderRefused as refusal:
            return IdentityResult(
                outcome=IdentityOutcome.NEEDS_PERSON, reference=enquiry.key, reasons=(refusal.reason,)
            )

    @activity.defn(name="Ask credit bureau")
    async def bureau_report(self, enquiry: Enquiry) -> BureauReceipt:
        """The report goes on file; its receipt is all that travels. The same key asks once, so repeating is safe."""
        report = await self._on_file(enquiry) or await self._asked(enquiry)
        await self._evidence.keep(
            key=enquiry.key, loan_id=enquiry.loan_id, customer_id=enquiry.customer_id, report=report
        )
        return BureauReceipt(reference=report.reference)

    async def _known(self, enquiry: Enquiry) -> IdentityResult | None:
        since = enquiry.since(enquiry.identity_valid_days)
        if since is None or enquiry.asked_at is None:
            return None
        known = await self._evidence.passed_identity(customer_id=enquiry.customer_id, since=since.date())
        return known if known and known.is_good_on(enquiry.asked_at.date()) else None

    async def _on_file(self, enquiry: Enquiry) -> BureauReport | None:
        since = enquiry.since(enquiry.report_valid_days)
        if since is None:
            return None
        return await self._evidence.recent_report(
            customer_id=enquiry.customer_id, currency=enquiry.currency, since=since
        )

    async def _asked(self, enquiry: Enquiry) -> BureauReport:
        """A refused report is no credit file, so a person looks at the application."""
        try:
            return await self._bureau.report(
                key=enquiry.key, customer_id=enquiry.customer_id, currency=enquiry.currency
            )
        except ProviderRefused:
            return BureauReport(reference=enquiry.key, score=None, currency=enquiry.currency, monthly_obligations=0)

    @activity.defn(name="Send payout")
    async def send_payout(self, order: PayoutOrder) -> PayoutResult:
        """Safe to repeat: the rail pays one key once. A refused payout has failed."""
        try:
            return await self._rail.send(
                key=order.key, loan_id=order.loan_id, customer_id=order.customer_id, amount=order.amount
            )
        except ProviderRefused as refusal:
            return PayoutResult(outcome=PayoutOutcome.FAILED, key=order.key, reason=refusal.reason)

    @activity.defn(name="Ask about payout")
    async def payout_status(self, order: PayoutOrder) -> PayoutResult:
        return await self._rail.status(key=order.key)

    @activity.defn(name="Send direct debit")
    async def send_debit(self, order: DebitOrder) -> DebitResult:
        """Safe to repeat: the rail draws under one key once. A refused debit has failed."""
        try:
            return await self._rail.debit(
                key=order.key,
                loan_id=order.loan_id,
                customer_id=order.customer_id,
                mandate=order.mandate,
                amount=order.amount,
            )
        except ProviderRefused as refusal:
            return DebitResult(outcome=DebitOutcome.FAILED, key=order.key, reason=refusal.reason)

    @activity.defn(name="Ask about direct debit")
    async def debit_status(self, order: DebitOrder) -> DebitResult:
        return await self._rail.debit_status(key=order.key)


async def _if_answered(asked: Awaitable[Answer]) -> Answer | None:
    try:
        async with asyncio.timeout(FIRST_PATIENCE):
            return await asked
    except DomainError:
        return None  # an answer of our own, that a call of its own gives again, and is final there
    except Exception:  # noqa: BLE001  whatever it is, a call of its own meets it again, and raises it
        activity.logger.warning("No answer at the first time of asking", exc_info=True)
        return None
