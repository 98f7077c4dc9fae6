"""What `make demo` shows to people, shown to CI: the same stories, on the same stack, with the same checks."""

import pytest

from demo.programme import STORIES
from demo.showing import Showing

pytestmark = [pytest.mark.xdist_group("stories"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", [story.name for story in STORIES])
async def test_a_story_ends_as_it_promises(name: str, showing: Showing) -> None:
    stage = next(stage for stage in showing.stages if stage.story.name == name)
    assert [check for check in stage.checks if not check.holds] == []
    assert len(stage.checks) > 3
    assert stage.runs


async def test_books_and_histories_hold_for_all_loans_together(showing: Showing) -> None:
    assert [check for check in showing.checks if not check.holds] == []
    assert [book["currency"] for book in showing.books] == ["USD"]
