"""TemporalLoanWorkflows: short messages to the workflows of loans."""

from collections.abc import Callable
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

PATIENCE = timedelta(seconds=10)


class TemporalLoanWorkflows:
    """Implements `domain.ports.LoanWorkflows`. `workflow_id` names a loan's workflow."""

    def __init__(self, client: Client, workflow_id: Callable[[str], str]) -> None:
        self._client = client
        self._workflow_id = workflow_id

    async def refresh(self, loan_id: str) -> None:
        loan = self._client.get_workflow_handle(self._workflow_id(loan_id))
        try:
            await loan.signal("refresh", rpc_timeout=PATIENCE)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
