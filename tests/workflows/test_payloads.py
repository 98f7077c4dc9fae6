"""What workflows and activities say to each other: what is None is left out, and must be None when it is read."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from inspect import getmembers, isfunction
from typing import Any, Final, get_args, get_type_hints

import pytest

from activities.key_rotation import KeyRotation
from activities.origination import Origination
from activities.portfolio import ClosingOfBooks
from activities.providers import Answers, Providers
from activities.servicing import Servicing
from domain.commands import MakePayment
from domain.evidence import PayoutResult
from domain.money import Money
from domain.views import Outcome
from workflows.close_of_business import CloseOfBusinessWorkflow
from workflows.loan import Closure, LoanStart, LoanWorkflow
from workflows.rotate_keys import RotateKeysWorkflow

SPEAKERS: Final = (
    LoanWorkflow, CloseOfBusinessWorkflow, RotateKeysWorkflow,
    Origination, Servicing, Providers, ClosingOfBooks, KeyRotation,
)  # fmt: skip


def payloads() -> set[type]:
    """All dataclasses that Temporal carries, however deep."""
    definitions = [
        function
        for speaker in SPEAKERS
        for _, function in getmembers(speaker, isfunction)
        if any(name.startswith("__temporal_") for name in vars(function))
    ]
    return {kind for each in definitions for hint in get_type_hints(each).values() for kind in dataclasses_in(hint)}


def dataclasses_in(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
        for deeper in get_type_hints(hint).values():
            yield from dataclasses_in(deeper)
    for part in get_args(hint):
        yield from dataclasses_in(part)


@pytest.mark.parametrize("kind", sorted(payloads(), key=repr), ids=lambda kind: kind.__name__)
def test_what_may_be_none_is_none_when_it_is_left_out(kind: type[Any]) -> None:
    hints = get_type_hints(kind)
    optional = [field for field in fields(kind) if type(None) in get_args(hints[field.name])]
    assert [field.name for field in optional if field.default is not None] == []


def test_messages_answers_starts_and_ends_are_all_among_them() -> None:
    assert payloads() >= {MakePayment, PayoutResult, Answers, Outcome, LoanStart, Closure, Money}
