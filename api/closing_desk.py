"""Who is asked to close a day. What stands behind it is Temporal; in tests, a fake."""

import asyncio
from datetime import date
from typing import Protocol

from temporalio.client import Client

from api.temporal_desk import PATIENCE, named_failures
from workflows.closing import start_closing


class ClosingDesk(Protocol):
    async def close(self, day: date) -> str:
        """The id of the workflow that does it. Raises EngineUnavailable."""
        ...


class TemporalClosingDesk:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def close(self, day: date) -> str:
        with named_failures():
            async with asyncio.timeout(PATIENCE.total_seconds()):
                return (await start_closing(self._client, day)).id
