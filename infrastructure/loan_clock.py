"""Each loan's own clock, which a development server can move. The only module that knows Temporal's time skipping.

Experimental in Temporal, and off in production servers.
"""

from datetime import datetime, timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

_SKIPS = 10_000  # per session; more than any loan needs in one step
_STEP = timedelta(days=366)


class LoanClock:
    """Start loans through `client`: it stamps them as able to skip time."""

    def __init__(self, client: Client) -> None:
        config = TimeSkippingConfig(enabled=False, max_session_skip_count=_SKIPS)
        self._skipper = TimeSkipper(client, config=config)

    @property
    def client(self) -> Client:
        return self._skipper.client

    async def now(self, workflow_id: str) -> datetime:
        """The moment it is for this workflow, aware."""
        return await self._skipper.get_current_time(self._skipper.client.get_workflow_handle(workflow_id))

    async def advance(self, workflow_id: str, to: datetime) -> datetime:
        """Let time pass until `to`, milestone by milestone; returns where the clock then stands.

        It stops early when the workflow ends. Does nothing when `to` has passed.
        """
        handle = self._skipper.client.get_workflow_handle(workflow_id)
        while (remaining := to - await self.now(workflow_id)) > timedelta(0):
            if not await self._skipper.fast_forward(handle, min(remaining, _STEP)):
                break
        return await self.now(workflow_id)
