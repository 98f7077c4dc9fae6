"""The desk at which a loan takes messages. What stands behind it is Temporal; in tests, a fake."""

from typing import Protocol

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
    MakePayment,
    RecheckIdentity,
    RefundCredit,
    RenewOffer,
    RetryPayout,
    ReverseTransaction,
    ReviewDebit,
    ReviewPayout,
    RevokeMandate,
    Waive,
    Withdraw,
    WithdrawFromCredit,
)
from domain.errors import OperationReused
from domain.evidence import DebitResult, IdentityResult, PayoutResult
from domain.views import Outcome
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.record import body_digest
from infrastructure.postgres.rows import LoanSummary
from infrastructure.postgres.views import Views

LoanCommand = (
    Decide
    | Assign
    | GiveInformation
    | RecheckIdentity
    | AcceptOffer
    | Withdraw
    | WithdrawFromCredit
    | MakePayment
    | GiveMandate
    | RevokeMandate
    | RetryPayout
    | Cancel
    | AddCharge
    | Waive
    | ChargeOff
)
# also of a loan that is over
Awakening = ReverseTransaction | RefundCredit | ReviewPayout | ReviewDebit | RenewOffer
ProviderResult = IdentityResult | PayoutResult | DebitResult


class LoanDesk(Protocol):
    """Sends one message to one loan. Raises the `DomainError` that refuses it, or EngineUnavailable."""

    async def submit(self, command: ApplyForLoan) -> Outcome: ...

    async def send(self, command: LoanCommand) -> Outcome: ...

    async def awaken(self, command: Awakening, loan: LoanSummary) -> Outcome:
        """Sends a message that may find the loan closed, and its workflow ended: it begins a new run then."""
        ...

    async def tell(self, loan: LoanSummary, result: ProviderResult) -> None:
        """What a provider says of the loan. What the rail says of money reaches a loan that is over, too; for what is
        said of an identity, NotAllowedNow is raised."""
        ...

    async def is_ready(self) -> bool: ...


class OnceOnly:
    """A desk that gives the first answer again when the same operation comes back, whatever became of the loan since.

    Temporal forgets an update when its run ends; Postgres never forgets an operation.
    """

    def __init__(self, desk: LoanDesk, views: Views, books: PostgresLoanBooks) -> None:
        self._desk, self._views, self._books = desk, views, books

    async def submit(self, command: ApplyForLoan) -> Outcome:
        return await self._answered(command) or await self._desk.submit(command)

    async def send(self, command: LoanCommand) -> Outcome:
        return await self._answered(command) or await self._desk.send(command)

    async def awaken(self, command: Awakening, loan: LoanSummary) -> Outcome:
        return await self._answered(command) or await self._desk.awaken(command, loan)

    async def tell(self, loan: LoanSummary, result: ProviderResult) -> None:
        await self._desk.tell(loan, result)

    async def is_ready(self) -> bool:
        return await self._desk.is_ready()

    async def _answered(self, command: Command) -> Outcome | None:
        """Raises OperationReused."""
        done = await self._views.operation(command.operation_id)
        if done is None:
            return None
        if done.loan_id is None or done.body_digest != body_digest(command):
            raise OperationReused("this key came before, with another content")
        return Outcome(standing=await self._books.standing(done.loan_id), receipt=done.receipt)
