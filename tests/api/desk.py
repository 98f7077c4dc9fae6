"""A desk without Temporal: it hands each message straight to the activities, over the real books."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

from activities.origination import Origination
from activities.servicing import Servicing
from api.desk import Awakening, LoanCommand, ProviderResult
from api.errors import EngineUnavailable
from domain.commands import (
    AcceptOffer,
    AddCharge,
    ApplyForLoan,
    Assign,
    Cancel,
    ChargeOff,
    Command,
    Decide,
    GiveInformation,
    GiveMandate,
    HearIdentity,
    MakePayment,
    PassMilestones,
    RecheckIdentity,
    RefundCredit,
    RenewOffer,
    ResolveDebit,
    ResolvePayout,
    RetryPayout,
    ReverseTransaction,
    ReviewDebit,
    ReviewPayout,
    RevokeMandate,
    Underwrite,
    Waive,
    Withdraw,
    WithdrawFromCredit,
)
from domain.errors import NotAllowedNow
from domain.evidence import (
    BureauReport,
    DebitOutcome,
    DebitResult,
    IdentityOutcome,
    IdentityResult,
    PayoutOutcome,
    PayoutResult,
    verification_key,
)
from domain.people import ENGINE
from domain.views import Outcome
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.rows import LoanSummary
from infrastructure.postgres.users import Users
from tests.fakes import FakeEvidence, QuietSignals

PASSED = IdentityResult(outcome=IdentityOutcome.PASSED, reference="check")


class StraightDesk:
    """`away` makes it as unreachable as a stopped Temporal; `told` is what providers said, by loan; loans that
    are `over` hear nothing more of identities."""

    def __init__(self, books: PostgresLoanBooks, customers: Customers, users: Users) -> None:
        self.evidence = FakeEvidence()
        self.origination = Origination(
            books, customers=customers, officers=users, evidence=self.evidence, signals=QuietSignals()
        )
        self.servicing = Servicing(books)
        self._activities: dict[type[Command], Callable[[Any, datetime], Awaitable[Outcome]]] = {
            Decide: self.origination.decide,
            Assign: self.origination.assign,
            GiveInformation: self.origination.give_information,
            RecheckIdentity: self.origination.order_recheck,
            AcceptOffer: self.origination.accept,
            Withdraw: self.origination.withdraw,
            RetryPayout: self.origination.retry_payout,
            Cancel: self.origination.cancel,
            MakePayment: self.servicing.make_payment,
            GiveMandate: self.servicing.give_mandate,
            RevokeMandate: self.servicing.revoke_mandate,
            AddCharge: self.servicing.charge,
            Waive: self.servicing.waive,
            ChargeOff: self.servicing.charge_off,
            WithdrawFromCredit: self.servicing.withdraw_from_credit,
        }
        self.away = False
        self.over: set[str] = set()
        self.sent: list[ApplyForLoan | LoanCommand] = []
        self.told: list[tuple[str, ProviderResult]] = []

    async def submit(self, command: ApplyForLoan) -> Outcome:
        self._reach()
        self.sent.append(command)
        return await self.origination.record_application(command, now())

    async def send(self, command: LoanCommand) -> Outcome:
        self._reach()
        self.sent.append(command)
        return await self._activities[type(command)](command, now())

    async def awaken(self, command: Awakening, loan: LoanSummary) -> Outcome:
        self._reach()
        match command:
            case ReverseTransaction():
                return await self.servicing.reverse(command, now())
            case RefundCredit():
                return await self.servicing.refund_credit(command, now())
            case RenewOffer():
                return await self.origination.renew_offer(command, now())
            case ReviewPayout():
                return await self.origination.review_payout(command, now())
            case ReviewDebit():
                return await self.servicing.review_debit(command, now())

    async def tell(self, loan: LoanSummary, result: ProviderResult) -> None:
        self._reach()
        if loan.id in self.over:
            raise NotAllowedNow("the loan is closed")
        self.told.append((loan.id, result))

    async def is_ready(self) -> bool:
        return not self.away

    async def underwrite(
        self, loan_id: str, *, customer_id: str, score: int, identity: IdentityResult = PASSED
    ) -> Outcome:
        """What the engine does by itself: good scores get an offer, middling ones an officer, bad ones nothing."""
        command = Underwrite(
            operation_id=f"{loan_id}/underwriting",
            loan_id=loan_id,
            actor=ENGINE,
            customer_id=customer_id,
            currency="USD",
            identity=identity,
            report_key=verification_key(loan_id),
        )
        report = BureauReport(reference="report", score=score, currency="USD", monthly_obligations=0)
        await self.evidence.keep(
            key=verification_key(loan_id), loan_id=loan_id, customer_id=command.customer_id, report=report
        )
        return await self.origination.underwrite(command, now())

    async def hear(self, loan_id: str, identity: IdentityResult) -> Outcome:
        """A word of the identity provider that comes late."""
        command = HearIdentity(operation_id=f"{loan_id}/late", loan_id=loan_id, actor=ENGINE, result=identity)
        return await self.origination.hear_identity(command, now())

    async def resolve_payout(self, loan_id: str, key: str, outcome: PayoutOutcome) -> Outcome:
        command = ResolvePayout(
            operation_id=f"{key}/{outcome}",
            loan_id=loan_id,
            actor=ENGINE,
            result=PayoutResult(outcome=outcome, key=key),
        )
        return await self.origination.resolve_payout(command, now())

    async def let_pass(self, loan_id: str, at: datetime) -> Outcome:
        """Everything that falls due by itself until then."""
        command = PassMilestones(operation_id=f"{loan_id}/milestones/{at}", loan_id=loan_id, actor=ENGINE)
        return await self.servicing.pass_milestones(command, at)

    async def resolve_debit(self, loan_id: str, key: str, outcome: DebitOutcome, at: datetime) -> Outcome:
        command = ResolveDebit(
            operation_id=f"{key}/{outcome}",
            loan_id=loan_id,
            actor=ENGINE,
            result=DebitResult(outcome=outcome, key=key),
        )
        return await self.servicing.resolve_debit(command, at)

    def _reach(self) -> None:
        if self.away:
            raise EngineUnavailable("Temporal is away")


class StillClock:
    """A loan's clock that goes where it is put, and notes it."""

    def __init__(self) -> None:
        self.at: dict[str, datetime] = {}

    async def now(self, workflow_id: str) -> datetime:
        return self.at.get(workflow_id, now())

    async def advance(self, workflow_id: str, to: datetime) -> datetime:
        self.at[workflow_id] = max(to, await self.now(workflow_id))
        return self.at[workflow_id]


class QuietClosingDesk:
    """Closes nothing, and remembers what it was asked to."""

    def __init__(self) -> None:
        self.closed: list[date] = []

    async def close(self, day: date) -> str:
        self.closed.append(day)
        return f"close-of-business-{day}"


class QuietRotationDesk:
    """Rotates nothing, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def rotate(self, actor: str) -> str:
        self.asked.append(actor)
        return "rotate-keys"


def now() -> datetime:
    return datetime.now(UTC)
