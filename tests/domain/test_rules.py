"""The language of policies: what it says, and what it refuses to say."""

from decimal import Decimal
from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.policy_facts import CATALOGUE, FactKind, FactValue
from domain.rules import OPERATORS, Condition, Operator, Rule, Verdict, contradiction

FACTS: dict[str, FactValue] = {
    "identity": "passed",
    "age": 34,
    "country": "NO",
    "bureau_flags": ("late_rent", "moved_often"),
    "monthly_income": Decimal("2500.00"),
    "debt_to_income": Decimal("45.01"),
}


def compare(fact: str, operator: str, value: Any = None) -> Condition:
    return Condition(fact=fact, operator=Operator(operator), value=value)


def rule(when: Condition, **changes: Any) -> Rule:
    plain: dict[str, Any] = {"code": "mine", "when": when, "then": Verdict.REFER, "wording": "Something"}
    return Rule(**(plain | changes))


@pytest.mark.parametrize(
    ("fact", "operator", "value", "holds"),
    [
        ("age", "below", 34, False),
        ("age", "below", 35, True),
        ("age", "at_most", 34, True),
        ("age", "at_least", 34, True),
        ("age", "above", 34, False),
        ("age", "equals", 34, True),
        ("monthly_income", "at_most", "2500", True),
        ("monthly_income", "above", "2499.99", True),
        ("debt_to_income", "above", "45", True),
        ("country", "equals", "NO", True),
        ("country", "one_of", ("SE", "DK"), False),
        ("bureau_flags", "includes", ("moved_often", "bankruptcy"), True),
        ("bureau_flags", "includes", ("bankruptcy",), False),
        ("bureau_flags", "is_known", None, True),
        ("score", "is_unknown", None, True),
        ("score", "is_known", None, False),
    ],
)
def test_a_fact_is_compared(fact: str, operator: str, value: Any, holds: bool) -> None:
    assert compare(fact, operator, value).holds(FACTS) is holds


@pytest.mark.parametrize("operator", ["below", "at_most", "at_least", "above", "equals"])
def test_no_comparison_holds_with_a_fact_that_is_not_known(operator: str) -> None:
    assert not compare("score", operator, 600).holds(FACTS)


def test_conditions_combine() -> None:
    young, far = compare("age", "below", 25), compare("country", "equals", "NO")
    assert not Condition(all_of=(young, far)).holds(FACTS)
    assert Condition(any_of=(young, far)).holds(FACTS)
    assert not Condition(none_of=(young, far)).holds(FACTS)
    assert Condition(all_of=(far, Condition(none_of=(young,)))).holds(FACTS)


@pytest.mark.parametrize("kind", FactKind)
def test_every_kind_of_fact_takes_some_operators(kind: FactKind) -> None:
    assert {Operator.IS_KNOWN, Operator.IS_UNKNOWN} < OPERATORS[kind]
    assert any(fact.kind is kind for fact in CATALOGUE)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "fact"),
        ({"fact": "age", "operator": Operator.BELOW, "value": 3, "any_of": (compare("age", "is_known"),)}, "fact"),
        ({"all_of": (compare("age", "is_known"),), "none_of": (compare("age", "is_known"),)}, "fact"),
        ({"fact": "luck", "operator": Operator.BELOW, "value": 3}, "fact"),
        ({"fact": "age"}, "operator"),
        ({"fact": "age", "operator": Operator.INCLUDES, "value": ("a",)}, "operator"),
        ({"fact": "country", "operator": Operator.BELOW, "value": "US"}, "operator"),
        ({"any_of": (compare("age", "is_known"),), "operator": Operator.BELOW}, "operator"),
        ({"fact": "age", "operator": Operator.BELOW, "value": "34"}, "value"),
        ({"fact": "age", "operator": Operator.IS_KNOWN, "value": 1}, "value"),
        ({"fact": "monthly_income", "operator": Operator.BELOW, "value": 1500}, "value"),
        ({"fact": "monthly_income", "operator": Operator.BELOW, "value": "-1"}, "value"),
        ({"fact": "debt_to_income", "operator": Operator.ABOVE, "value": "a half"}, "value"),
        ({"fact": "identity", "operator": Operator.EQUALS, "value": "perhaps"}, "value"),
        ({"fact": "country", "operator": Operator.EQUALS, "value": ("US",)}, "value"),
        ({"fact": "country", "operator": Operator.ONE_OF, "value": "US"}, "value"),
        ({"fact": "country", "operator": Operator.ONE_OF, "value": ()}, "value"),
    ],
)
def test_a_condition_without_sense_is_refused_by_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Condition(**given)
    assert refusal.value.field == field


def test_conditions_are_not_nested_for_ever() -> None:
    nested = compare("age", "is_known")
    for _ in range(4):
        nested = Condition(any_of=(nested,))
    with pytest.raises(InvalidValue, match="nested"):
        Condition(any_of=(nested,))


@pytest.mark.parametrize(
    "parts",
    [
        [("age", "below", 18), ("age", "above", 70)],
        [("age", "above", 17), ("age", "below", 18)],
        [("age", "equals", 18), ("age", "equals", 19)],
        [("monthly_income", "above", "10.00"), ("monthly_income", "at_most", "10")],
        [("score", "is_unknown", None), ("score", "below", 600)],
        [("score", "is_unknown", None), ("score", "is_known", None)],
        [("country", "equals", "US"), ("country", "one_of", ("NO", "SE"))],
        [("country", "one_of", ("DK", "US")), ("country", "one_of", ("NO", "SE"))],
    ],
)
def test_a_rule_that_can_never_hold_is_refused(parts: list[tuple[str, str, Any]]) -> None:
    together = Condition(all_of=tuple(compare(*part) for part in parts))
    for when in (together, Condition(all_of=(compare("age", "is_known"), Condition(any_of=(together,))))):
        with pytest.raises(InvalidValue, match=f"when: can never hold: nothing is left for {parts[0][0]}"):
            rule(when)


@pytest.mark.parametrize(
    "parts",
    [
        [("age", "at_least", 18), ("age", "at_most", 18)],
        [("age", "above", 17), ("age", "below", 19)],
        [("monthly_income", "above", "10.00"), ("monthly_income", "below", "10.01")],
        [("country", "one_of", ("NO", "SE")), ("country", "one_of", ("SE", "US"))],
        [("score", "is_known", None), ("score", "below", 600)],
    ],
)
def test_a_rule_that_seldom_holds_is_taken(parts: list[tuple[str, str, Any]]) -> None:
    assert contradiction(Condition(all_of=tuple(compare(*part) for part in parts))) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"code": "Mine"}, "code"), ({"code": ""}, "code"), ({"wording": " "}, "wording"), ({"then": "approve"}, "then")],
)
def test_a_rule_without_sense_is_refused_by_its_field(changes: dict[str, Any], field: str) -> None:
    if "then" in changes:
        changes = {"then": Verdict(changes["then"])}
    with pytest.raises(InvalidValue) as refusal:
        rule(compare("age", "below", 18), **changes)
    assert refusal.value.field == field
