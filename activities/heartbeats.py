"""Signs of life: what takes long tells Temporal that its worker lives, and a dead worker's work is soon another's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

BEATS = 10  # in the time after which silence is death; the SDK passes on as many as that takes


class Heartbeats(Interceptor):
    """Beats for every activity that has a heartbeat time-out, so that none is taken for dead in a long statement."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  the SDK's name
        return _Alive(super().intercept_activity(next))


class _Alive(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  the SDK's name
        patience = activity.info().heartbeat_timeout
        if not patience:
            return await super().execute_activity(input)
        async with _beating(patience / BEATS):
            return await super().execute_activity(input)


@asynccontextmanager
async def _beating(pause: timedelta) -> AsyncIterator[None]:
    heart = asyncio.create_task(_beat(pause))
    try:
        yield
    finally:
        heart.cancel()
        with suppress(asyncio.CancelledError):
            await heart


async def _beat(pause: timedelta) -> None:
    while True:
        await asyncio.sleep(pause.total_seconds())
        activity.heartbeat()
