"""What real loans have lived must lead today's workflow to the same decisions.

`make histories` writes new ones. Do that for a new story, or when the workflow is meant to behave differently from now
on and no running loan needs the old way (`workflow.patched` keeps both); then say so in the change that brings them.
"""

from pathlib import Path
from typing import Final

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from demo.programme import STORIES
from demo.recording import read
from workflows.loan import LoanWorkflow

HISTORIES: Final = sorted(Path(__file__).with_name("histories").glob("*.json"))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_a_recorded_loan_replays(file: Path) -> None:
    replayer = Replayer(workflows=[LoanWorkflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(read(file))


def test_every_story_is_recorded() -> None:
    assert {file.stem.rpartition("-")[0] for file in HISTORIES} == {story.name for story in STORIES}
