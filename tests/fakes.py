"""Stand-ins at our own ports, for tests of what stands above them."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import ClassVar

from domain.commands import ApplyForLoan, Command
from domain.customer import CustomerDetails
from domain.documents import DocumentKind, MediaType, ShownDocument
from domain.errors import CustomerErased, DomainError, OperationReused, UnknownLoan, UnknownProduct, UnknownUser
from domain.evidence import (
    BureauReport,
    DebitOutcome,
    DebitResult,
    IdentityOutcome,
    IdentityResult,
    PayoutOutcome,
    PayoutResult,
    dossier_key,
)
from domain.loan import Loan
from domain.money import Money
from domain.people import Officer
from domain.policy import Policy
from domain.ports import ProviderUnavailable
from domain.product import Authority, LateFee, LoanProduct, Servicing
from domain.signals import Signals
from domain.terms import Terms
from domain.underwriting import Dossier
from domain.views import Outcome, Receipt, Standing


def product(**changes: object) -> LoanProduct:
    """A personal loan in USD: 100 to 50,000 in 1 to 360 monthly installments at 12 percent, 30/360."""
    plain = LoanProduct(
        code="personal",
        version=1,
        name="Personal loan",
        terms=Terms(currency="USD", installments=12, annual_rate=Decimal(12)),
        min_amount=100_00,
        max_amount=50_000_00,
        min_installments=1,
        max_installments=360,
        authority=Authority(limits=(10_000_00, 50_000_00), four_eyes_above=20_000_00),
        policy=Policy(max_applications=1000),  # a test applies more often than a person
        servicing=Servicing(reminder_days=3, late_fee=LateFee(amount=25_00, grace_days=5)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # a test names the fields it changes


class FakeBooks:
    """LoanBooks in memory. A change that is refused leaves no trace but in `refused`."""

    def __init__(self, *products: LoanProduct) -> None:
        self.products = {p.code: p for p in products or (product(),)}
        self.loans: dict[str, Loan] = {}
        self.operations: dict[str, tuple[Command, Receipt | None]] = {}
        self.refused: list[tuple[Command, str]] = []

    async def open(self, command: ApplyForLoan, at: datetime, apply: Callable[[LoanProduct], Loan]) -> Outcome:
        if command.operation_id in self.operations:
            return self._again(command)
        if command.product_code not in self.products:
            raise UnknownProduct(f"there is no product {command.product_code}")
        self.loans[command.loan_id] = apply(self.products[command.product_code])
        return self._done(command, None)

    async def write(self, command: Command, at: datetime, change: Callable[[Loan], Receipt | None]) -> Outcome:
        if command.operation_id in self.operations:
            return self._again(command)
        loan = deepcopy(self._loan(command.loan_id))
        try:
            receipt = change(loan)
        except DomainError as refusal:
            await self.refuse(refusal, command, at)
            raise
        self.loans[command.loan_id] = loan
        return self._done(command, receipt)

    async def refuse(self, refusal: DomainError, command: Command, at: datetime) -> None:
        self.refused.append((command, type(refusal).__name__))

    async def standing(self, loan_id: str) -> Standing:
        return self._loan(loan_id).standing()

    def _done(self, command: Command, receipt: Receipt | None) -> Outcome:
        self.operations[command.operation_id] = (command, receipt)
        return Outcome(standing=self.loans[command.loan_id].standing(), receipt=receipt)

    def _again(self, command: Command) -> Outcome:
        first, receipt = self.operations[command.operation_id]
        if first != command:
            raise OperationReused("this operation id came before with another content")
        return Outcome(standing=self._loan(command.loan_id).standing(), receipt=receipt)

    def _loan(self, loan_id: str) -> Loan:
        if loan_id not in self.loans:
            raise UnknownLoan(f"there is no loan {loan_id}")
        return self.loans[loan_id]


class FakePeople:
    """CustomerDirectory and OfficerDirectory: everybody is the same well-off adult; a few officers are known."""

    known: ClassVar = {
        "junior": Officer(id="junior", level=1),
        "senior": Officer(id="senior", level=2),
        "second": Officer(id="second", level=2),
        "elsewhere": Officer(id="elsewhere", level=2, branches=frozenset({"north"})),
        "borrower": Officer(id="borrower", level=2, customer_id="customer-1"),
    }

    def __init__(self) -> None:
        self.officers: dict[str, Officer] = dict(self.known)
        self.erased: set[str] = set()

    async def details(self, customer_id: str) -> CustomerDetails:
        if customer_id in self.erased:
            raise CustomerErased(f"what was held about customer {customer_id} was erased")
        return CustomerDetails(
            customer_id=customer_id,
            given_name="Ada",
            family_name="Lovelace",
            date_of_birth=date(1985, 12, 10),
            country="GB",
            email="ada@example.com",
            annual_income=Money(90_000_00, "USD"),
            bank_account="DE00TEST",
        )

    async def officer(self, user_id: str, at: datetime) -> Officer:
        if user_id not in self.officers:
            raise UnknownUser(f"there is no officer {user_id}")
        return self.officers[user_id]


class FakeIdentity:
    """Answers `outcome`; `outages` times it is away first. `refusal`: it cannot be asked. `answers`: waits for this."""

    def __init__(self, outcome: IdentityOutcome = IdentityOutcome.PASSED, outages: int = 0) -> None:
        self.outcome = outcome
        self.outages = outages
        self.refusal: DomainError | None = None
        self.answers: asyncio.Event | None = None
        self.asked: list[str] = []

    async def check(
        self, *, key: str, loan_id: str, customer_id: str, documents_until: datetime | None = None
    ) -> IdentityResult:
        self.asked.append(key)
        if self.answers:
            await self.answers.wait()
        if self.refusal:
            raise self.refusal
        if len(self.asked) <= self.outages:
            raise ProviderUnavailable("the identity provider is away")
        return IdentityResult(outcome=self.outcome, reference=f"check-{key}")


class FakeDocuments:
    """DocumentFile of customers who have shown the same passports. `refusal`: none can be opened."""

    def __init__(self, *contents: bytes) -> None:
        self._contents = {sha256(content).hexdigest(): content for content in contents}
        self.refusal: DomainError | None = None
        self.handed_out: list[tuple[str, bytes]] = []  # for which check

    async def shown(self, customer_id: str, *, until: datetime) -> tuple[ShownDocument, ...]:
        return tuple(
            ShownDocument(kind=DocumentKind.PASSPORT, media_type=MediaType.PDF, digest=digest)
            for digest in self._contents
        )

    async def hand_out(self, document: ShownDocument, *, key: str, loan_id: str, customer_id: str) -> bytes:
        if self.refusal:
            raise self.refusal
        content = self._contents[document.digest]
        self.handed_out.append((key, content))
        return content


class FakeBureau:
    """Answers with `score`; `outages` times it is away first. `answers`: it waits for this."""

    def __init__(self, score: int | None = 780) -> None:
        self.score = score
        self.outages = 0
        self.answers: asyncio.Event | None = None

    async def report(self, *, key: str, customer_id: str, currency: str) -> BureauReport:
        if self.answers:
            await self.answers.wait()
        if self.outages:
            self.outages -= 1
            raise ProviderUnavailable("the credit bureau is away")
        return BureauReport(reference=f"report-{key}", score=self.score, currency=currency, monthly_obligations=0)


class FakeEvidence:
    """EvidenceFile in memory."""

    def __init__(self) -> None:
        self.reports: dict[str, BureauReport] = {}
        self.dossiers: dict[str, Dossier] = {}
        self.recent: BureauReport | None = None
        self.passed: IdentityResult | None = None

    async def keep(self, *, key: str, loan_id: str, customer_id: str, report: BureauReport) -> None:
        self.reports.setdefault(key, report)

    async def report(self, *, key: str) -> BureauReport | None:
        return self.reports.get(key)

    async def recent_report(self, *, customer_id: str, currency: str, since: datetime) -> BureauReport | None:
        return self.recent

    async def passed_identity(self, *, customer_id: str, since: date) -> IdentityResult | None:
        return self.passed

    async def keep_dossier(self, *, key: str, loan_id: str, customer_id: str, dossier: Dossier) -> Dossier:
        return self.dossiers.setdefault(key, dossier)

    async def dossier(self, *, key: str) -> Dossier | None:
        return self.dossiers.get(key)

    async def of_application(self, *, loan_id: str, report_key: str) -> tuple[Dossier | None, BureauReport | None]:
        return await self.dossier(key=dossier_key(loan_id)), await self.report(key=report_key)


class QuietSignals:
    """ApplicationSignals of somebody who applies once, and shares nothing with anybody."""

    async def of(self, loan_id: str) -> Signals:
        return Signals()


class FakeRail:
    """Pays and draws what it is told to. `answers` are given in turn to `send`, `debit_answers` to `debit`, then
    SETTLED; an exception is raised."""

    def __init__(self, *answers: PayoutOutcome | Exception) -> None:
        self.answers = list(answers)
        self.debit_answers: list[DebitOutcome | Exception] = []
        self.debits: dict[str, DebitOutcome] = {}
        self.drawn: list[tuple[str, Money]] = []
        self.outcomes: dict[str, PayoutOutcome] = {}
        self.sent: list[str] = []

    async def send(self, *, key: str, loan_id: str, customer_id: str, amount: Money) -> PayoutResult:
        self.sent.append(key)
        answer = self.answers.pop(0) if self.answers else PayoutOutcome.SETTLED
        if isinstance(answer, Exception):
            raise answer
        self.outcomes.setdefault(key, answer)
        return self._result(key)

    async def status(self, *, key: str) -> PayoutResult:
        return self._result(key)

    def _result(self, key: str) -> PayoutResult:
        outcome = self.outcomes.get(key, PayoutOutcome.UNKNOWN)
        return PayoutResult(outcome=outcome, key=key, reason="account_closed" if outcome == "failed" else None)

    async def debit(self, *, key: str, loan_id: str, customer_id: str, mandate: str, amount: Money) -> DebitResult:
        self.drawn.append((key, amount))
        answer = self.debit_answers.pop(0) if self.debit_answers else DebitOutcome.SETTLED
        if isinstance(answer, Exception):
            raise answer
        self.debits.setdefault(key, answer)
        return await self.debit_status(key=key)

    async def debit_status(self, *, key: str) -> DebitResult:
        outcome = self.debits.get(key, DebitOutcome.UNKNOWN)
        return DebitResult(outcome=outcome, key=key, reason="insufficient_funds" if outcome == "failed" else None)
