"""A desk without Temporal: it hands each message straight to the activities, over the real books."""

from datetime import UTC, datetime

from activities.origination import Origination
from activities.servicing import Servicing
from api.desk import LoanCommand
from api.errors import EngineUnavailable
from domain.commands import (
    AcceptOffer,
    ApplyForLoan,
    Cancel,
    Decide,
    MakePayment,
    ResolvePayout,
    RetryPayout,
    Underwrite,
    Withdraw,
)
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult, PayoutOutcome, PayoutResult
from domain.people import ENGINE
from domain.views import Outcome
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.users import Users


class StraightDesk:
    """`away` makes it as unreachable as a stopped Temporal; `told` is what providers said, by loan."""

    def __init__(self, books: PostgresLoanBooks, customers: Customers, users: Users) -> None:
        self.origination = Origination(books, customers, users)
        self.servicing = Servicing(books)
        self.away = False
        self.sent: list[ApplyForLoan | LoanCommand] = []
        self.told: list[tuple[str, IdentityResult | PayoutResult]] = []

    async def submit(self, command: ApplyForLoan) -> Outcome:
        self._reach()
        self.sent.append(command)
        return await self.origination.record_application(command, now())

    async def send(self, command: LoanCommand) -> Outcome:
        self._reach()
        self.sent.append(command)
        match command:
            case Decide():
                return await self.origination.decide(command, now())
            case AcceptOffer():
                return await self.origination.accept(command, now())
            case Withdraw():
                return await self.origination.withdraw(command, now())
            case RetryPayout():
                return await self.origination.retry_payout(command, now())
            case Cancel():
                return await self.origination.cancel(command, now())
            case MakePayment():
                return await self.servicing.make_payment(command, now())

    async def tell(self, loan_id: str, result: IdentityResult | PayoutResult) -> None:
        self._reach()
        self.told.append((loan_id, result))

    async def is_ready(self) -> bool:
        return not self.away

    async def underwrite(self, loan_id: str, *, customer_id: str, score: int) -> Outcome:
        """What the engine does by itself: good scores get an offer, middling ones an officer, bad ones nothing."""
        command = Underwrite(
            operation_id=f"{loan_id}/underwriting",
            loan_id=loan_id,
            actor=ENGINE,
            customer_id=customer_id,
            identity=IdentityResult(outcome=IdentityOutcome.PASSED, reference="check"),
            report=BureauReport(reference="report", score=score, currency="USD", monthly_obligations=0),
        )
        return await self.origination.underwrite(command, now())

    async def resolve_payout(self, loan_id: str, key: str, outcome: PayoutOutcome) -> Outcome:
        command = ResolvePayout(
            operation_id=f"{key}/{outcome}",
            loan_id=loan_id,
            actor=ENGINE,
            result=PayoutResult(outcome=outcome, key=key),
        )
        return await self.origination.resolve_payout(command, now())

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


def now() -> datetime:
    return datetime.now(UTC)
