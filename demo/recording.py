"""Histories as files, for the tests that replay them: what real loans lived must stay replayable."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from demo.stage import Stage

NOBODY = "recorded"


def record(stages: Iterable[Stage], directory: Path) -> None:
    """One file per run, `paid-1.json`, instead of whatever was recorded of the same story before."""
    directory.mkdir(parents=True, exist_ok=True)
    for stage in stages:
        for old in directory.glob(f"{stage.story.name}-*.json"):
            old.unlink()
        for number, run in enumerate(stage.readable, 1):
            file = directory / f"{stage.story.name}-{number}.json"
            file.write_text(json.dumps(_history(run), indent=1) + "\n")


def read(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"loan-{file.stem}", file.read_text())


def _history(run: WorkflowHistory) -> Any:
    return anonymous(run.to_json_dict())


def anonymous(node: Any) -> Any:
    """Without the names of the processes and machines that happened to record it."""
    if isinstance(node, dict):
        return {key: NOBODY if key == "identity" else anonymous(value) for key, value in node.items()}
    if isinstance(node, list):
        return [anonymous(item) for item in node]
    return node
