from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import pytest_asyncio

from infrastructure.providers.connection import ProviderConnection
from tests.infrastructure.providers.customers import CustomersInMemory
from tests.sandbox.conftest import one_sandbox, sandbox
from tests.sandbox.running import Sandbox

__all__ = ["one_sandbox", "sandbox"]  # fixtures, for the tests beside this file


@pytest.fixture
def customers() -> CustomersInMemory:
    return CustomersInMemory()


@pytest_asyncio.fixture(scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def connect(sandbox: Sandbox, http: httpx.AsyncClient) -> Callable[[str], ProviderConnection]:
    """The way to one of the sandbox's providers, with little patience."""

    def connection(provider: str) -> ProviderConnection:
        api_key = sandbox.settings.api_key(provider)
        return ProviderConnection(name=provider, base_url=sandbox.url, api_key=api_key, http=http, timeout_seconds=0.6)

    return connection
