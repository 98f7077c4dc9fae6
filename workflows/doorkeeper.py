"""Who knocks at a workflow, past the API: what cannot be understood or written down is refused before it is handled.

Without this a signal without an argument fails the workflow's task until somebody mends the code, and a text that
Postgres cannot hold is tried again for ever, while the loan waits behind it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

WITHOUT_CONTENT = frozenset({"refresh"})  # messages that say all by their name
LONGEST_TEXT = 4_000  # characters
LARGEST_NUMBER = 2**63 - 1  # in the books
FIRST_YEAR, LAST_YEAR = 1900, 2200


class Doorkeeper(Interceptor):
    """For the worker of loans."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002  the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        return _AtTheDoor


class _AtTheDoor(WorkflowInboundInterceptor):
    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002  the SDK's name
        """Nobody waits for an answer to a signal: its refusal is in the log, and the signal in the history."""
        known = workflow.get_signal_handler(input.signal) is not None
        if known and (reason := _objection(input.signal, input.args)):
            workflow.logger.warning("A signal was refused: %s %s", input.signal, reason)
            return
        await super().handle_signal(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002  the SDK's name
        _check(input)
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002  the SDK's name
        _check(input)  # an update without a validator comes straight here
        return await super().handle_update_handler(input)


def _check(input: HandleUpdateInput) -> None:  # noqa: A002  the SDK's name
    if reason := _objection(input.update, input.args):
        raise ApplicationError(
            f"{input.update} {reason}", {"field": "", "reason": reason}, type="InvalidValue", non_retryable=True
        )


def _objection(name: str, parts: Sequence[Any]) -> str | None:
    """What is wrong with a message whose parts could be read."""
    if len(parts) != (0 if name in WITHOUT_CONTENT else 1):
        return "takes one object, and nothing else" if name not in WITHOUT_CONTENT else "takes nothing"
    if not all(is_dataclass(part) for part in parts):
        return "takes an object of its kind"
    return next((reason for part in parts for value in _values(part) if (reason := _unfit(value))), None)


def _values(part: Any) -> Iterator[Any]:
    """Everything that a message says, however deep."""
    if is_dataclass(part):
        for field in fields(part):
            yield from _values(getattr(part, field.name))
    elif isinstance(part, tuple | list):
        for item in part:
            yield from _values(item)
    else:
        yield part


def _unfit(value: Any) -> str | None:
    """Why the books could not hold it."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return "holds a text that is too long"
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            return "holds NUL or half a character"
    elif isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        return "holds a number that is too large"
    elif isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        return f"holds a day that is not between {FIRST_YEAR} and {LAST_YEAR}"
    return None
