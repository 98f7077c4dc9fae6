from collections.abc import AsyncIterator

import pytest_asyncio

from tests.sandbox.running import Sandbox, running_sandbox


@pytest_asyncio.fixture(scope="session")
async def one_sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest_asyncio.fixture
async def sandbox(one_sandbox: Sandbox) -> Sandbox:
    """A real server, which has forgotten the tests before."""
    await one_sandbox.forget()
    return one_sandbox
