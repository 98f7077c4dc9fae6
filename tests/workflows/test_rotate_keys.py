"""The rotation of the wrapping key as a workflow: batch by batch, after accidents, one at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, Worker

from activities.key_rotation import KeyRotation
from domain.key_rotation import KeysOfVersion, KeyVersions, NoteRotation, Rewrapped
from stack.temporal_server import TemporalServer
from tests.namespaces import new_namespace
from workflows.options import LOANS
from workflows.rotate_keys import RotateKeysWorkflow
from workflows.rotating import ROTATION, start_rotation

BROKEN = "customer/4"


@dataclass
class FakeKeys:
    """Twelve keys of customers, three a batch; the fifth does not open. `accident` comes before a batch."""

    accident: Callable[[str | None], None] = lambda after: None
    newest: set[int] = field(default_factory=set)
    noted: dict[str, NoteRotation] = field(default_factory=dict)
    going: asyncio.Event = field(default_factory=asyncio.Event)

    async def rewrap(self, after: str | None) -> Rewrapped:
        await self.going.wait()
        self.accident(after)
        first = int(after) + 1 if after else 0
        old = {number for number in range(first, first + 3) if number not in self.newest and number != 4}
        self.newest |= old
        refused = (BROKEN,) if first <= 4 < first + 3 else ()
        more = str(first + 2) if first + 3 < 12 else None
        return Rewrapped(rewrapped=len(old), refused=len(refused), named=refused, after=more)

    async def versions(self) -> KeyVersions:
        counted = (KeysOfVersion(version="2", keys=len(self.newest)), KeysOfVersion(version="1", keys=1))
        return KeyVersions(newest="2", versions=counted)

    async def note(self, rotation: NoteRotation, at: datetime) -> None:
        self.noted.setdefault(rotation.operation_id, rotation)


@dataclass
class Rotation:
    client: Client
    keys: FakeKeys = field(default_factory=FakeKeys)


@pytest.fixture
async def rotation(temporal_server: TemporalServer) -> AsyncIterator[Rotation]:
    namespace = await new_namespace(temporal_server.address)
    client = await Client.connect(temporal_server.address, namespace=namespace, data_converter=pydantic_data_converter)
    rotation = Rotation(client)
    activities = KeyRotation(rotation.keys).activities
    async with Worker(client, task_queue=LOANS, workflows=[RotateKeysWorkflow], activities=activities):
        yield rotation
    replayer = Replayer(workflows=[RotateKeysWorkflow], data_converter=pydantic_data_converter)
    async for execution in client.list_workflows():
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        await replayer.replay_workflow(history)


async def test_all_keys_are_wrapped_anew_and_the_one_that_does_not_open_is_named(rotation: Rotation) -> None:
    rotation.keys.going.set()
    rotated = await (await start_rotation(rotation.client, "admin-1")).result()
    assert rotated.done == Rewrapped(rewrapped=11, refused=1, named=(BROKEN,))
    assert rotated.now == await rotation.keys.versions()
    [note] = rotation.keys.noted.values()
    assert (note.actor, note.done) == ("admin-1", rotated.done)


async def test_an_outage_in_the_middle_is_waited_for(rotation: Rotation) -> None:
    fails = iter([True, True])

    def accident(after: str | None) -> None:
        if after == "5" and next(fails, False):
            raise ConnectionError("the key provider is away")

    rotation.keys.accident = accident
    rotation.keys.going.set()
    assert (await (await start_rotation(rotation.client, "admin-1")).result()).done.rewrapped == 11


async def test_two_who_ask_at_once_share_one_rotation_and_a_later_one_finds_nothing(rotation: Rotation) -> None:
    first, second = [await start_rotation(rotation.client, who) for who in ("admin-1", "admin-2")]
    assert (first.id, first.result_run_id) == (ROTATION, second.result_run_id)
    rotation.keys.going.set()
    await first.result()
    third = await start_rotation(rotation.client, "admin-2")
    assert (await third.result()).done.rewrapped == 0
    assert [note.actor for note in rotation.keys.noted.values()] == ["admin-1", "admin-2"]


async def test_it_shows_how_far_it_is(rotation: Rotation) -> None:
    rotation.keys.going.set()
    handle = await start_rotation(rotation.client, "admin-1")
    await handle.result()
    shown = await handle.query("__temporal_workflow_metadata")
    assert shown.current_details == f"11 keys wrapped anew, to the end. 1 could not be unwrapped: {BROKEN}."
