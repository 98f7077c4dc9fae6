"""Who is asked to rotate the wrapping key. What stands behind it is Temporal; in tests, a fake."""

import asyncio
from typing import Protocol

from temporalio.client import Client

from api.temporal_desk import PATIENCE, named_failures
from workflows.rotating import start_rotation


class RotationDesk(Protocol):
    async def rotate(self, actor: str) -> str:
        """The id of the workflow that does it. Raises EngineUnavailable."""
        ...


class TemporalRotationDesk:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def rotate(self, actor: str) -> str:
        with named_failures():
            async with asyncio.timeout(PATIENCE.total_seconds()):
                return (await start_rotation(self._client, actor)).id
