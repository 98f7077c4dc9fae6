"""A whole stack of real processes, in which the demo's stories are lived once for all tests that look at them."""

from collections.abc import Iterator

import pytest

from chaos.back_office import SETTINGS
from demo.programme import STORIES
from demo.showing import Showing, close_books, play
from demo.stage import Stage
from demo.tenor import Tenor
from stack.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with Stack.temporary() as stack:
        yield stack


@pytest.fixture(scope="session")
def doomed_stack() -> Iterator[Stack]:
    """Another one, whose processes are killed."""
    with Stack.temporary(settings=SETTINGS) as stack:
        yield stack


@pytest.fixture(scope="session")
async def showing(stack: Stack) -> Showing:
    """Stories 1 to 5, at the same time."""
    async with Tenor.of(stack) as tenor:
        stages = [stage async for stage in play([Stage(tenor, story) for story in STORIES])]
        return await close_books(tenor, stages)
