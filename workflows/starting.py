"""How a loan begins: the workflow is started by the message that submits its application."""

from temporalio.client import WithStartWorkflowOperation
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)

from domain.commands import ApplyForLoan
from domain.status import LoanStatus
from workflows.loan import Closure, LoanStart, LoanWorkflow
from workflows.options import CUSTOMER_REF, LOAN_PRODUCT, LOAN_STATUS, LOANS, WORKFLOW_TASK_TIMEOUT, workflow_id


def start_loan(command: ApplyForLoan) -> WithStartWorkflowOperation[LoanWorkflow, Closure]:
    """For `client.execute_update_with_start_workflow(LoanWorkflow.submit, command, id=command.operation_id, …)`.

    A loan that is there already is not started again: the message reaches it, and the books answer as the first time.
    """
    return WithStartWorkflowOperation(
        LoanWorkflow.run,
        LoanStart(loan_id=command.loan_id),
        id=workflow_id(command.loan_id),
        task_queue=LOANS,
        task_timeout=WORKFLOW_TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=f"{command.product_code}: {command.amount} in {command.installments} installments",
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(LOAN_STATUS, LoanStatus.VERIFYING),
                SearchAttributePair(LOAN_PRODUCT, command.product_code),
                SearchAttributePair(CUSTOMER_REF, command.customer_id),
            ]
        ),
    )
