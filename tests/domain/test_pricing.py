"""The price by grade and length: one for each loan on offer, or the grid is refused."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.errors import InvalidValue
from domain.money import Money
from domain.pricing import Grade, Price, PriceGrid
from tests.fakes import product

GRADES = (Grade(name="A", from_score=760), Grade(name="B", from_score=680))


def price(grade: str, first: int, last: int, rate: str) -> Price:
    return Price(grade=grade, from_installments=first, to_installments=last, annual_rate=Decimal(rate))


GRID = PriceGrid(
    grades=GRADES,
    prices=(price("A", 1, 24, "5"), price("A", 25, 360, "6.5"), price("B", 1, 360, "9.9")),
)


@pytest.mark.parametrize(
    ("score", "grade"), [(900, "A"), (760, "A"), (759, "B"), (680, "B"), (679, None), (None, None)]
)
def test_a_score_is_in_one_grade_or_none(score: int | None, grade: str | None) -> None:
    assert GRID.grade(score) == grade


@pytest.mark.parametrize(
    ("score", "installments", "rate"), [(800, 24, "5"), (800, 25, "6.5"), (700, 12, "9.9"), (600, 12, "12")]
)
def test_a_loan_costs_what_its_grade_and_length_cost(score: int, installments: int, rate: str) -> None:
    priced = product(price_grid=GRID)
    terms = priced.terms_for(Money(1_000_00, "USD"), installments, priced.grade(score))
    assert terms.annual_rate == Decimal(rate)


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ([price("A", 1, 24, "5"), price("B", 1, 360, "9")], "A has no price for 25 installments"),
        ([price("A", 1, 24, "5"), price("A", 24, 360, "6"), price("B", 1, 360, "9")], "A has not one price for 25"),
        ([price("A", 2, 360, "5"), price("B", 1, 360, "9")], "A has not one price for 1 installments"),
        ([price("A", 1, 360, "5")], "B has no price for 1 installments"),
        ([price("A", 1, 360, "5"), price("B", 1, 360, "-9")], "price_grid.prices.1.annual_rate: is negative"),
    ],
)
def test_a_grid_with_a_gap_is_refused(prices: list[Price], reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        product(price_grid=PriceGrid(grades=GRADES, prices=tuple(prices)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"grades": ()}, "grades"),
        ({"grades": (GRADES[0], GRADES[0])}, "grades"),
        ({"grades": (GRADES[1], GRADES[0])}, "grades"),
        ({"prices": (price("C", 1, 360, "5"),)}, "prices.0.grade"),
    ],
)
def test_a_grid_without_sense_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        replace(GRID, **changes)  # type: ignore[arg-type]
    assert refusal.value.field == field
