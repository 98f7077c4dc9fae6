"""The sandbox in which tests and replays run workflows has all of their code inside."""

import ast
from pathlib import Path
from typing import Final

import pytest

import workflows

FILES: Final = sorted(Path(workflows.__path__[0]).glob("[a-z]*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_part_of_a_workflow_is_passed_through_the_sandbox(file: Path) -> None:
    blocks = [block for block in ast.parse(file.read_text()).body if isinstance(block, ast.With)]
    passed = [ast.unparse(line) for block in blocks for line in block.body]
    assert not [line for line in passed if "workflows" in line]


def test_something_is_passed_through() -> None:
    assert any("imports_passed_through" in file.read_text() for file in FILES)
