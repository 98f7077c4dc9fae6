"""The language of a policy: rules are data, refused at birth when they make no sense, and evaluated purely."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from re import fullmatch
from typing import Any

from domain.errors import InvalidValue
from domain.policy_facts import KNOWN_FACTS, FactKind, FactValue, KnownFact

DEEPEST = 5
LONGEST_WORDING = 200

Value = int | str | tuple[str, ...] | None


class Verdict(StrEnum):
    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


class Operator(StrEnum):
    BELOW = "below"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    ABOVE = "above"
    EQUALS = "equals"
    ONE_OF = "one_of"
    INCLUDES = "includes"
    IS_KNOWN = "is_known"
    IS_UNKNOWN = "is_unknown"


ALWAYS = frozenset({Operator.IS_KNOWN, Operator.IS_UNKNOWN})
ORDERING = frozenset({Operator.BELOW, Operator.AT_MOST, Operator.AT_LEAST, Operator.ABOVE, Operator.EQUALS})
OPERATORS = {
    FactKind.COUNT: ORDERING | ALWAYS,
    FactKind.PERCENT: ORDERING | ALWAYS,
    FactKind.MONEY: ORDERING | ALWAYS,
    FactKind.WORD: frozenset({Operator.EQUALS, Operator.ONE_OF}) | ALWAYS,
    FactKind.WORDS: frozenset({Operator.INCLUDES}) | ALWAYS,
}

_COMPARES: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.BELOW: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.AT_LEAST: operator.ge,
    Operator.ABOVE: operator.gt,
    Operator.EQUALS: operator.eq,
    Operator.ONE_OF: lambda known, words: known in words,
    Operator.INCLUDES: lambda known, words: any(word in known for word in words),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A comparison of one `fact`, or a combination of conditions; never both.

    `value` is a whole number for a count, decimal text for money and percents, a word, or words for ONE_OF and
    INCLUDES. A comparison with a fact that is not known does not hold.
    """

    fact: str | None = None
    operator: Operator | None = None
    value: Value = None
    all_of: tuple["Condition", ...] = ()
    any_of: tuple["Condition", ...] = ()
    none_of: tuple["Condition", ...] = ()

    def __post_init__(self) -> None:
        forms = [self.fact is not None, *map(bool, (self.all_of, self.any_of, self.none_of))]
        if sum(forms) != 1:
            raise InvalidValue("fact", "a condition compares one fact, or has one of all_of, any_of and none_of")
        if self.fact is not None:
            _check_comparison(self.fact, self.operator, self.value)
        elif self.operator is not None or self.value is not None:
            raise InvalidValue("operator", "compares no fact")
        if self.depth > DEEPEST:
            raise InvalidValue("all_of", f"is nested more than {DEEPEST} deep")

    @property
    def depth(self) -> int:
        return 1 + max((part.depth for part in self.parts), default=0)

    @property
    def parts(self) -> tuple["Condition", ...]:
        return self.all_of or self.any_of or self.none_of

    @property
    def operand(self) -> Any:
        """`value`, as what it is compared with."""
        assert self.fact is not None  # noqa: S101  only a comparison is asked
        return _operand(KNOWN_FACTS[self.fact].kind, self.value)

    def holds(self, facts: Mapping[str, FactValue]) -> bool:
        if self.all_of:
            return all(part.holds(facts) for part in self.all_of)
        if self.any_of:
            return any(part.holds(facts) for part in self.any_of)
        if self.none_of:
            return not any(part.holds(facts) for part in self.none_of)
        return self._compares(facts.get(self.fact or ""))

    def _compares(self, known: FactValue | None) -> bool:
        assert self.operator is not None  # noqa: S101  it was checked at birth
        if self.operator in ALWAYS:
            return (known is None) == (self.operator is Operator.IS_UNKNOWN)
        return known is not None and _COMPARES[self.operator](known, self.operand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When it holds, the application is referred or declined. `code` is for the lender's people; `wording` is what a
    borrower is told."""

    code: str
    when: Condition
    then: Verdict
    wording: str

    def __post_init__(self) -> None:
        if not fullmatch(r"[a-z][a-z0-9_]{0,63}", self.code):
            raise InvalidValue("code", "is made of small letters, digits and underscores")
        if self.then is Verdict.APPROVE:
            raise InvalidValue("then", "is refer or decline: what no rule catches is approved")
        if not self.wording.strip() or len(self.wording) > LONGEST_WORDING:
            raise InvalidValue("wording", f"has 1 to {LONGEST_WORDING} characters")
        if fact := contradiction(self.when):
            raise InvalidValue("when", f"can never hold: nothing is left for {fact}")


def _check_comparison(name: str, asked: Operator | None, value: Value) -> None:
    fact = KNOWN_FACTS.get(name)
    if fact is None:
        raise InvalidValue("fact", f"{name!r} is nothing that a policy knows")
    if asked is None or asked not in OPERATORS[fact.kind]:
        fitting = ", ".join(sorted(OPERATORS[fact.kind]))
        raise InvalidValue("operator", f"{name} is a {fact.kind}, which takes {fitting}")
    if asked in ALWAYS:
        if value is not None:
            raise InvalidValue("value", f"{asked} takes none")
    elif not _fits(fact, asked, value):
        raise InvalidValue("value", f"is not {_WANTED[fact.kind]}, as {name} {asked} takes it")


_WANTED = {
    FactKind.COUNT: "a whole number",
    FactKind.PERCENT: 'a text like "45" or "12.5"',
    FactKind.MONEY: 'a text like "1500.00"',
    FactKind.WORD: "a word that it can be",
    FactKind.WORDS: "words",
}


def _fits(fact: KnownFact, asked: Operator, value: Value) -> bool:
    if fact.kind is FactKind.COUNT:
        return type(value) is int  # True is none
    if fact.kind in (FactKind.PERCENT, FactKind.MONEY):
        return isinstance(value, str) and fullmatch(r"[0-9]{1,16}(\.[0-9]{1,10})?", value) is not None
    several = asked in (Operator.ONE_OF, Operator.INCLUDES)
    words = value if several and isinstance(value, tuple) else (value,) if not several else ()
    return bool(words) and all(isinstance(word, str) and word and word in (fact.words or (word,)) for word in words)


def _operand(kind: FactKind, value: Value) -> Any:
    return Decimal(str(value)) if kind in (FactKind.PERCENT, FactKind.MONEY) else value


def contradiction(condition: Condition) -> str | None:
    """The fact for which conditions that must hold together leave nothing; None when they can."""
    together = list(_together(condition))
    for name in dict.fromkeys(one.fact for one in together):
        if name is not None and not _possible(KNOWN_FACTS[name], [one for one in together if one.fact == name]):
            return name
    inside = [contradiction(part) for part in (*condition.all_of, *condition.any_of)]
    return next((name for name in inside if name), None)


def _together(condition: Condition) -> list[Condition]:
    if condition.fact is not None:
        return [condition]
    return [one for part in condition.all_of for one in _together(part)]


def _possible(fact: KnownFact, asked: list[Condition]) -> bool:
    if any(one.operator is Operator.IS_UNKNOWN for one in asked):
        return all(one.operator is Operator.IS_UNKNOWN for one in asked)
    compared = [one for one in asked if one.operator is not Operator.IS_KNOWN]
    if fact.kind is FactKind.WORD:
        sets = [{one.value} if one.operator is Operator.EQUALS else set(one.operand) for one in compared]
        return not sets or bool(set.intersection(*sets))
    return fact.kind is FactKind.WORDS or _some_number(compared, whole=fact.kind is FactKind.COUNT)


def _some_number(compared: list[Condition], *, whole: bool) -> bool:
    """Whether a number is left. A bound is tried, and what lies next to it: no gap is smaller."""
    step = 1 if whole else Decimal("0.0000000001")
    bounds = [one.operand for one in compared] or [0]
    candidates = {bound + shift for bound in bounds for shift in (-step, 0, step)}
    return any(all(one.holds({one.fact or "": value}) for one in compared) for value in candidates)
