"""How a payment is split: the order of the twelve slots, and where money goes that nothing due takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeVar

from domain.errors import InvalidValue
from domain.transaction import Component, TransactionKind


class Timing(StrEnum):
    """Where an installment stands on the day of a payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Slot(StrEnum):
    """One timing of one component."""

    PAST_DUE_PENALTY = "past_due_penalty"
    PAST_DUE_FEE = "past_due_fee"
    PAST_DUE_INTEREST = "past_due_interest"
    PAST_DUE_PRINCIPAL = "past_due_principal"
    DUE_PENALTY = "due_penalty"
    DUE_FEE = "due_fee"
    DUE_INTEREST = "due_interest"
    DUE_PRINCIPAL = "due_principal"
    IN_ADVANCE_PENALTY = "in_advance_penalty"
    IN_ADVANCE_FEE = "in_advance_fee"
    IN_ADVANCE_INTEREST = "in_advance_interest"
    IN_ADVANCE_PRINCIPAL = "in_advance_principal"

    @property
    def timing(self) -> Timing:
        return Timing(self.value.rpartition("_")[0])

    @property
    def component(self) -> Component:
        return Component(self.value.rpartition("_")[2])


class Direction(StrEnum):
    HORIZONTAL = "horizontal"  # finish the oldest installment first
    VERTICAL = "vertical"  # finish a component first


class FutureRule(StrEnum):
    """Which installments take money that is beyond what is due."""

    NEXT_INSTALLMENT = "next_installment"
    LAST_INSTALLMENT = "last_installment"
    NEXT_LAST_INSTALLMENT = "next_last_installment"
    REAMORTIZATION = "reamortization"


Row = TypeVar("Row")


@dataclass(frozen=True)
class AllocationRule:
    """Every slot once, in the order in which it is served."""

    slots: tuple[Slot, ...]
    direction: Direction = Direction.HORIZONTAL
    future: FutureRule = FutureRule.NEXT_INSTALLMENT

    def __post_init__(self) -> None:
        missing = [slot.value for slot in Slot if slot not in self.slots]
        if missing:
            raise InvalidValue("allocation.slots", f"misses {', '.join(missing)}")
        if len(self.slots) != len(Slot):
            raise InvalidValue("allocation.slots", "names a slot twice")


@dataclass(frozen=True)
class AllocationOverride:
    """Another rule for one kind of transaction."""

    kind: TransactionKind
    rule: AllocationRule


DEFAULT_RULE = AllocationRule(slots=tuple(Slot))


Stage = tuple[Timing, tuple[Component, ...]]


@cache
def stages(rule: AllocationRule) -> tuple[Stage, ...]:
    """The slots in the order of service: whole timings when horizontal, one by one when vertical."""
    if rule.direction == Direction.VERTICAL:
        return tuple((slot.timing, (slot.component,)) for slot in rule.slots)
    timings = dict.fromkeys(slot.timing for slot in rule.slots)
    return tuple((when, tuple(slot.component for slot in rule.slots if slot.timing == when)) for when in timings)


def in_turn(rule: FutureRule, rows: Iterable[Row]) -> Iterable[Row]:
    """The installments in advance in the order in which they take money. `rows` are unpaid, by due date."""
    if rule == FutureRule.NEXT_INSTALLMENT:
        return rows
    waiting = list(rows)
    if rule == FutureRule.LAST_INSTALLMENT:
        return reversed(waiting)
    if rule == FutureRule.NEXT_LAST_INSTALLMENT:
        return [*waiting[:1], *reversed(waiting[1:])]
    return waiting  # what even parts left over
