"""How a loan begins: the workflow is started by the message that submits its application."""

from datetime import timedelta

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)

from domain.commands import ApplyForLoan
from domain.evidence import DebitResult, PayoutResult
from domain.status import LoanStatus
from workflows.loan import Closure, LoanStart, LoanWorkflow
from workflows.options import CUSTOMER_REF, LOAN_PRODUCT, LOAN_STATUS, LOANS, WORKFLOW_TASK_TIMEOUT, workflow_id


def start_loan(command: ApplyForLoan) -> WithStartWorkflowOperation[LoanWorkflow, Closure]:
    """For `client.execute_update_with_start_workflow(LoanWorkflow.submit, command, id=command.operation_id, …)`.

    A loan that is there already is not started again: the message reaches it, and the books answer as the first time.
    """
    return revive_loan(
        command.loan_id,
        customer_id=command.customer_id,
        product_code=command.product_code,
        summary=f"{command.product_code}: {command.amount} in {command.installments} installments",
    )


def revive_loan(
    loan_id: str, *, customer_id: str, product_code: str, summary: str
) -> WithStartWorkflowOperation[LoanWorkflow, Closure]:
    """For a message that may reach a loan whose workflow has ended: the message begins a new run of it."""
    return WithStartWorkflowOperation(
        LoanWorkflow.run,
        LoanStart(loan_id=loan_id),
        id=workflow_id(loan_id),
        task_queue=LOANS,
        task_timeout=WORKFLOW_TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=summary,
        search_attributes=found_by(customer_id, product_code),
    )


async def tell_loan(
    client: Client,
    loan_id: str,
    result: PayoutResult | DebitResult,
    *,
    customer_id: str,
    product_code: str,
    summary: str,
    patience: timedelta | None = None,
) -> None:
    """What the rail says of a payout or a debit, also to a loan that is over: a last run of it writes the word down."""
    await client.start_workflow(
        LoanWorkflow.run,
        LoanStart(loan_id=loan_id),
        id=workflow_id(loan_id),
        task_queue=LOANS,
        task_timeout=WORKFLOW_TASK_TIMEOUT,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=signal_of(result),
        start_signal_args=[result],
        static_summary=summary,
        search_attributes=found_by(customer_id, product_code),
        rpc_timeout=patience,
    )


def signal_of(result: PayoutResult | DebitResult) -> str:
    return "payout_result" if isinstance(result, PayoutResult) else "debit_result"


def found_by(customer_id: str, product_code: str) -> TypedSearchAttributes:
    """What a loan is searched by from its first moment."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(LOAN_STATUS, LoanStatus.VERIFYING),
            SearchAttributePair(LOAN_PRODUCT, product_code),
            SearchAttributePair(CUSTOMER_REF, customer_id),
        ]
    )
