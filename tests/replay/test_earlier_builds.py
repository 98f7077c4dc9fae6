"""Loans that an earlier build began, recorded with that build: this one must lead them on."""

from pathlib import Path
from typing import Final

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from demo.recording import read
from workflows.loan import LoanWorkflow

HISTORIES: Final = sorted(Path(__file__).with_name("earlier").glob("*.json"))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_a_loan_of_an_earlier_build_replays(file: Path) -> None:
    """`contradicted`: told failed, then settled, by a build that did not book the second word. `one-by-one`: of builds
    that asked each provider in a call of its own from the first."""
    replayer = Replayer(workflows=[LoanWorkflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(read(file))
