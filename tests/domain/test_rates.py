from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from domain.annuity import round_ratio
from domain.calendar import Period
from domain.conventions import DayCount, InterestPeriod, LeapYear, PeriodUnit, RateKind, ScheduleKind, YearEndCut
from domain.rates import Factors, nominal_rate, percent_of
from domain.terms import Terms
from tests.domain.diary import on


def factor(start: str, end: str, **options: Any) -> Fraction:
    regular = options.pop("regular", True)
    terms = Terms(currency="USD", installments=1, annual_rate=Decimal(12), **options)
    span = Period(on(start), on(end), regular)
    factors = Factors(terms, terms.annual_rate, [span])
    return Fraction(factors.whole(span), factors.scale)


RATE = Fraction(12, 100)


@pytest.mark.parametrize(
    ("day_count", "expected"),
    [
        (DayCount.THIRTY_360, Fraction(30, 360)),
        (DayCount.THIRTY_364, Fraction(30, 364)),
        (DayCount.THIRTY_365, Fraction(30, 365)),
        (DayCount.THIRTY_ACT, Fraction(30, 365)),
        (DayCount.ACT_360, Fraction(31, 360)),
        (DayCount.ACT_364, Fraction(31, 364)),
        (DayCount.ACT_365F, Fraction(31, 365)),
        (DayCount.ACT_ACT, Fraction(18, 365) + Fraction(13, 366)),
        (DayCount.ACT_ACT_ISDA, Fraction(19, 365) + Fraction(12, 366)),
        (DayCount.THIRTY_E_360, Fraction(30, 360)),
    ],
)
def test_every_day_count_prices_a_month_over_new_year(day_count: DayCount, expected: Fraction) -> None:
    assert factor("2023-12-13", "2024-01-13", day_count=day_count) == RATE * expected


def test_interest_recognised_on_the_payout_day_cuts_the_year_at_1_january() -> None:
    cut = factor("2023-12-13", "2024-01-13", day_count=DayCount.ACT_ACT, year_end_cut=YearEndCut.JANUARY_1)
    assert cut == RATE * (Fraction(19, 365) + Fraction(12, 366))


def test_only_the_period_with_29_february_counts_366_days_where_the_product_says_so() -> None:
    options: dict[str, Any] = {"day_count": DayCount.ACT_ACT, "leap_year": LeapYear.FEB_29_PERIOD_ONLY}
    assert factor("2024-01-31", "2024-02-29", **options) == RATE * Fraction(29, 366)
    assert factor("2024-02-29", "2024-03-31", **options) == RATE * Fraction(31, 365)


@pytest.mark.parametrize(
    ("unit", "every", "expected"),
    [
        (PeriodUnit.MONTHS, 3, Fraction(3, 12)),
        (PeriodUnit.WEEKS, 2, Fraction(2, 52)),
        (PeriodUnit.YEARS, 1, Fraction(1)),
        (PeriodUnit.SEMI_MONTHS, 1, Fraction(1, 24)),
    ],
)
def test_a_period_may_cost_its_part_of_a_year_whatever_its_days(
    unit: PeriodUnit, every: int, expected: Fraction
) -> None:
    options: dict[str, Any] = {"interest_period": InterestPeriod.SAME_AS_REPAYMENT, "unit": unit, "every": every}
    assert factor("2024-01-01", "2024-01-20", day_count=DayCount.ACT_365F, **options) == RATE * expected


def test_a_week_of_thirty_day_months_is_seven_days() -> None:
    assert factor("2024-01-01", "2024-01-15", unit=PeriodUnit.WEEKS, every=2) == RATE * Fraction(14, 360)


def test_an_odd_period_of_thirty_day_months_counts_its_own_days() -> None:
    assert factor("2024-01-10", "2024-03-05", regular=False) == RATE * Fraction(55, 360)


def test_parts_of_a_period_sum_to_the_whole() -> None:
    terms = Terms(currency="USD", installments=1, annual_rate=Decimal("9.4822"))
    span = Period(on("2024-01-31"), on("2024-02-29"))
    factors = Factors(terms, terms.annual_rate, [span])
    middle = date(2024, 2, 11)
    assert factors.part(span, span.start, middle) + factors.part(span, middle, span.due) == factors.whole(span)


def test_an_interest_free_period_costs_nothing() -> None:
    terms = Terms(currency="USD", installments=1, annual_rate=Decimal(12))
    span = Period(on("2024-01-01"), on("2024-02-01"), interest_free=True)
    factors = Factors(terms, terms.annual_rate, [span])
    assert factors.whole(span) == factors.part(span, span.start, date(2024, 1, 9)) == 0


def test_an_effective_rate_compounds_to_itself_over_twelve_months() -> None:
    monthly = nominal_rate(Decimal(8)) / 1200
    assert abs((1 + monthly) ** 12 - Decimal("1.08")) < Decimal("1e-17")


def test_a_compounding_bullet_earns_interest_on_interest() -> None:
    terms = Terms(
        currency="EUR",
        installments=2,
        annual_rate=Decimal(12),
        rate_kind=RateKind.NOMINAL,
        kind=ScheduleKind.BULLET,
        compounding=True,
    )
    span = Period(on("2024-01-01"), on("2024-03-01"), inner=(on("2024-02-01"),))
    factors = Factors(terms, terms.annual_rate, [span])
    assert round_ratio(100_000_000 * factors.whole(span), factors.scale) == 2_010_000


@pytest.mark.parametrize(("numerator", "whole"), [(5, 0), (15, 2), (25, 2), (26, 3), (-5, 0), (-15, -2)])
def test_a_ratio_rounds_half_to_even(numerator: int, whole: int) -> None:
    assert round_ratio(numerator, 10) == whole


def test_a_percent_of_an_amount_is_rounded_once() -> None:
    assert percent_of(48_758, Decimal(25)) == 12_190
    assert percent_of(333, Decimal("33.3333")) == 111
