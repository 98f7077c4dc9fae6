"""A worker runs workflows as the SDK does, and opens what is sealed."""

from collections.abc import AsyncIterator

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from infrastructure.keys.local import LocalKeys
    from infrastructure.keys.sealing import new_secret
    from infrastructure.payload_codec import sealing_converter
    from infrastructure.workflow_runner import WORKFLOWS
    from stack.temporal_server import TemporalServer
    from tests.namespaces import new_namespace

QUEUE = "as-in-production"


@workflow.defn
class Parrot:
    @workflow.run
    async def run(self, said: str) -> str:
        return said


@pytest.fixture
async def client(temporal_server: TemporalServer) -> AsyncIterator[Client]:
    client = await Client.connect(
        temporal_server.address,
        namespace=await new_namespace(temporal_server.address),
        data_converter=sealing_converter(LocalKeys({"1": new_secret()})),
    )
    async with Worker(client, task_queue=QUEUE, workflows=[Parrot], **WORKFLOWS):
        yield client


async def test_what_is_said_is_sealed_on_its_way_and_opened_inside(client: Client) -> None:
    handle = await client.start_workflow(Parrot.run, "Ada", id="parrot", task_queue=QUEUE)
    assert await handle.result() == "Ada"
    first, *_, last = (await handle.fetch_history()).events
    assert b"Ada" not in first.SerializeToString() + last.SerializeToString()
