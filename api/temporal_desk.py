"""The desk as it is: each loan is a workflow, and a message to it is an update or a signal."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.desk import Awakening, LoanCommand, ProviderResult
from api.errors import EngineUnavailable
from domain import errors
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
from domain.errors import DomainError, InvalidValue, NotAllowedNow
from domain.evidence import DebitResult, IdentityResult, PayoutResult
from domain.views import Outcome
from infrastructure.postgres.record import body_digest
from infrastructure.postgres.rows import LoanSummary
from workflows.loan import LoanWorkflow
from workflows.options import workflow_id
from workflows.starting import revive_loan, signal_of, start_loan, tell_loan

PATIENCE = timedelta(seconds=8)  # for one message; longer, and the engine counts as away

UPDATES: dict[type[Command], str] = {
    Decide: "decide",
    Assign: "assign",
    GiveInformation: "give_information",
    RecheckIdentity: "recheck_identity",
    AcceptOffer: "accept",
    Withdraw: "withdraw",
    WithdrawFromCredit: "withdraw_from_credit",
    MakePayment: "make_payment",
    GiveMandate: "give_mandate",
    RevokeMandate: "revoke_mandate",
    RetryPayout: "retry_payout",
    Cancel: "cancel",
    AddCharge: "charge",
    Waive: "waive",
    ChargeOff: "charge_off",
    ReverseTransaction: "reverse",
    RefundCredit: "refund_credit",
    ReviewPayout: "review_payout",
    ReviewDebit: "review_debit",
    RenewOffer: "renew_offer",
}


class TemporalDesk:
    """`client` may be a lazy one, so that the door opens while Temporal is away."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def submit(self, command: ApplyForLoan) -> Outcome:
        start = start_loan(command)
        async with _answering_in_time():
            try:
                return await self._client.execute_update_with_start_workflow(
                    LoanWorkflow.submit,
                    command,
                    start_workflow_operation=start,
                    id=_update_id(command),
                    rpc_timeout=PATIENCE,
                )
            except WorkflowUpdateRPCTimeoutOrCancelledError:
                await _heed(start)
                raise

    async def send(self, command: LoanCommand) -> Outcome:
        handle = self._loan(command.loan_id)
        async with _answering_in_time():
            outcome: Outcome = await handle.execute_update(
                UPDATES[type(command)],
                command,
                id=_update_id(command),
                rpc_timeout=PATIENCE,
                result_type=Outcome,
            )
        return outcome

    async def awaken(self, command: Awakening, loan: LoanSummary) -> Outcome:
        again = revive_loan(
            loan.id,
            customer_id=loan.customer_id,
            product_code=loan.product_code,
            summary=f"{loan.product_code}: {loan.approved or loan.requested}, closed and open again",
        )
        async with _answering_in_time():
            outcome: Outcome = await self._client.execute_update_with_start_workflow(
                UPDATES[type(command)],
                command,
                start_workflow_operation=again,
                id=_update_id(command),
                rpc_timeout=PATIENCE,
                result_type=Outcome,
            )
        return outcome

    async def tell(self, loan: LoanSummary, result: ProviderResult) -> None:
        signal = "identity_result" if isinstance(result, IdentityResult) else signal_of(result)
        try:
            async with _answering_in_time():
                await self._loan(loan.id).signal(signal, result, rpc_timeout=PATIENCE)
        except NotAllowedNow:
            if isinstance(result, IdentityResult):  # of a loan that is over, that is old news; money is not
                raise
            await self._tell_again(loan, result)

    async def _tell_again(self, loan: LoanSummary, result: PayoutResult | DebitResult) -> None:
        async with _answering_in_time():
            await tell_loan(
                self._client,
                loan.id,
                result,
                customer_id=loan.customer_id,
                product_code=loan.product_code,
                summary=f"{loan.product_code}: a late word on its money",
                patience=PATIENCE,
            )

    async def is_ready(self) -> bool:
        try:
            async with asyncio.timeout(2):
                return await self._client.service_client.check_health()
        except (RPCError, RuntimeError, TimeoutError):  # RuntimeError: there was never a connection
            return False

    def _loan(self, loan_id: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(workflow_id(loan_id))


async def _heed(start: WithStartWorkflowOperation[Any, Any]) -> None:
    """The operation holds the failure a second time, and would log its trace if nobody looked."""
    with suppress(RPCError, TimeoutError):
        async with asyncio.timeout(0):
            await start.workflow_handle()


def _update_id(command: Command) -> str:
    """The operation's, and another one for another content: that one must reach the books, which refuse it."""
    return f"{command.operation_id}/{body_digest(command)[:16]}"


@asynccontextmanager
async def _answering_in_time() -> AsyncIterator[None]:
    with named_failures():
        async with asyncio.timeout(PATIENCE.total_seconds() + 2):
            yield


@contextmanager
def named_failures() -> Iterator[None]:
    """Raise what Temporal's client raises as a refusal of the loan, or as EngineUnavailable."""
    try:
        yield
    except WorkflowUpdateFailedError as failed:
        raise refusal_of(failed) from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotAllowedNow("the loan is closed") from None
        raise EngineUnavailable(error.status.name) from error
    except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError) as error:
        raise EngineUnavailable(type(error).__name__) from error
    except RuntimeError as error:  # there was never a connection
        raise EngineUnavailable(str(error)) from error


def refusal_of(failed: BaseException) -> Exception:
    """The refusal somewhere in the chain of causes, as the domain's own error; else the failure itself."""
    cause: BaseException | None = failed
    while cause is not None:
        if isinstance(cause, ApplicationError) and (refusal := _revived(cause)):
            return refusal
        cause = cause.__cause__
    return EngineUnavailable(f"the loan did not finish: {failed}")


def _revived(failure: ApplicationError) -> DomainError | None:
    if failure.type == "AcceptedUpdateCompletedWorkflow":
        return NotAllowedNow("the loan is closed")
    kind = getattr(errors, failure.type or "", None)
    if not (isinstance(kind, type) and issubclass(kind, DomainError)):
        return None
    if issubclass(kind, InvalidValue):
        where = failure.details[0] if failure.details else {"field": "", "reason": failure.message}
        return kind(where["field"], where["reason"])
    return kind(failure.message)
