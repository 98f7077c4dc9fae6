"""A worker that works on something long says so by itself."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.heartbeats import BEATS, Heartbeats

LONG = 0.3  # seconds of work


class Work(ActivityInboundInterceptor):
    def __init__(self) -> None:
        """Nothing stands behind it."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  the SDK's name
        await asyncio.sleep(LONG)
        return "done"


@pytest.mark.parametrize(("patience", "beats"), [(timedelta(seconds=LONG), True), (None, False)])
async def test_what_has_a_heartbeat_timeout_beats_while_it_works(patience: timedelta | None, beats: bool) -> None:
    heard, environment = list[Any](), ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_timeout=patience)
    environment.on_heartbeat = lambda *_: heard.append(asyncio.get_running_loop().time())
    work = Heartbeats().intercept_activity(Work())
    nothing = ExecuteActivityInput(fn=print, args=[], executor=None, headers={})
    assert await environment.run(work.execute_activity, nothing) == "done"
    assert (len(heard) > BEATS / 3) == beats
    told = len(heard)
    await asyncio.sleep(LONG / 3)
    assert len(heard) == told, "the heart of work that is done stands still"
