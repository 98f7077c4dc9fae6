"""A Temporal namespace of one's own, so that tests on one server never see each other's loans."""

import asyncio
from uuid import uuid4

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from stack.temporal_server import SEARCH_ATTRIBUTES


async def new_namespace(address: str) -> str:
    """Register a namespace with our search attributes; it can be used when this returns."""
    client = await Client.connect(address)
    name = f"test-{uuid4().hex}"
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=Duration(seconds=24 * 3600))
    )
    await _until_known(client, name)
    kinds = {
        attribute: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
        for attribute, kind in SEARCH_ATTRIBUTES.items()
    }
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=name, search_attributes=kinds)
    )
    return name


async def _until_known(client: Client, name: str) -> None:
    for _ in range(100):
        try:
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=name))
        except RPCError:
            await asyncio.sleep(0.05)
        else:
            return
    raise TimeoutError(f"the server does not know namespace {name}")
