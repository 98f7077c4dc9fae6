"""An update that met a failed workflow task is sent again.

When a loan ends in the very moment in which something else reaches it, the server fails that workflow task and has
it done again. An update that was in it is turned away with FAILED_PRECONDITION; under its own id it may be sent again.
"""

import asyncio
from typing import Any

from temporalio.client import Interceptor, OutboundInterceptor, StartWorkflowUpdateInput, WorkflowUpdateHandle
from temporalio.service import RPCError, RPCStatusCode

MOST_ATTEMPTS = 5
PAUSE = 0.1  # seconds


class UpdateRetry(Interceptor):
    """For a client that sends updates to loans that run. The message that begins a run is not sent again here."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002  the SDK's name
        return _SentAgain(super().intercept_client(next))


class _SentAgain(OutboundInterceptor):
    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:  # noqa: A002
        for _ in range(MOST_ATTEMPTS - 1):
            try:
                return await super().start_workflow_update(input)
            except RPCError as error:
                if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                    raise
            await asyncio.sleep(PAUSE)
        return await super().start_workflow_update(input)
