"""The two ways to run everything agree on what they have in common."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stack.temporal_server import SEARCH_ATTRIBUTES, TIME_SKIPPING

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def temporal_command() -> list[str]:
    compose = [str(Path(sys.prefix) / "bin" / "docker-compose"), "config", "--format", "json"]
    shown = subprocess.run(compose, cwd=CHECKOUT, capture_output=True, check=True)
    command: list[str] = json.loads(shown.stdout)["services"]["temporal"]["command"]
    return command


def test_compose_registers_the_same_search_attributes(temporal_command: list[str]) -> None:
    flag = "--search-attribute="
    registered = {part.removeprefix(flag) for part in temporal_command if part.startswith(flag)}
    assert registered == {f"{name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()}


def test_compose_gives_loans_the_same_clock(temporal_command: list[str]) -> None:
    flag = "--dynamic-config-value="
    configured = dict(part.removeprefix(flag).split("=") for part in temporal_command if part.startswith(flag))
    assert {key: json.loads(value) for key, value in configured.items()} == TIME_SKIPPING
