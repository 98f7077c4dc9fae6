"""How a payment is split: the order of the twelve slots, and where money goes that nothing due takes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
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


def stages(rule: AllocationRule) -> Iterator[tuple[Timing, tuple[Component, ...]]]:
    """The slots in the order of service: whole timings when horizontal, one by one when vertical."""
    if rule.direction == Direction.VERTICAL:
        yield from ((slot.timing, (slot.component,)) for slot in rule.slots)
        return
    for when in dict.fromkeys(slot.timing for slot in rule.slots):
        yield when, tuple(slot.component for slot in rule.slots if slot.timing == when)


def portions(rule: FutureRule, rows: Iterable[Row], amount: int) -> Iterator[tuple[Row, int]]:
    """Which installments in advance may take how much of `amount`, in turn. `rows` are unpaid, by due date."""
    if rule == FutureRule.NEXT_INSTALLMENT:
        yield from ((row, amount) for row in rows)
        return
    waiting = list(rows)
    if rule == FutureRule.LAST_INSTALLMENT:
        yield from ((row, amount) for row in reversed(waiting))
    elif rule == FutureRule.NEXT_LAST_INSTALLMENT:
        yield from ((row, amount) for row in [*waiting[:1], *reversed(waiting[1:])])
    elif waiting:
        even, rest = divmod(amount, len(waiting))
        yield from ((row, even) for row in waiting[:-1])
        yield waiting[-1], even + rest
