"""Reading what a process logs, as an operator's tools do."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import structlog

from infrastructure.settings import Settings
from infrastructure.telemetry.logs import configure_logging


class LogLines(StringIO):
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def of(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.all() if line["message"] == message]


@contextmanager
def logging_to_lines(settings: Settings) -> Iterator[LogLines]:
    """Everything logged in this block, by whomever. Afterwards logging is as it was."""
    root, lines = logging.getLogger(), LogLines()
    handlers, level = root.handlers[:], root.level
    configure_logging(settings, lines)
    try:
        yield lines
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(False)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
