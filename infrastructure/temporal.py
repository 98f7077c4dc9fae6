"""The connection to Temporal."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from infrastructure.settings import Settings


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """`lazy` connects on first use, so that a door can open while Temporal is away."""
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=pydantic_data_converter,
        lazy=lazy,
    )
