"""What real closes of business have lived must lead today's workflow to the same decisions.

`python -m tests.workflows.record_closing` writes a new one, for the reasons that tests/replay/test_histories.py names.
"""

from pathlib import Path
from typing import Final

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from demo.recording import read
from workflows.close_of_business import CloseOfBusinessWorkflow

HISTORIES: Final = sorted(Path(__file__).with_name("closings").glob("*.json"))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_a_recorded_close_of_business_replays(file: Path) -> None:
    replayer = Replayer(workflows=[CloseOfBusinessWorkflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(read(file))


def test_there_is_one() -> None:
    assert HISTORIES
