from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import DateRange, add_months, days_30_360, days_30e_360, days_by_year_length, holds_feb_29, periods
from domain.conventions import OddFirstPeriod, PeriodUnit, Roll, ScheduleKind
from domain.errors import InvalidValue
from domain.terms import Terms
from tests.domain.diary import on

MONTHLY = Terms(currency="USD", installments=4, annual_rate=Decimal(12))


def due_dates(terms: Terms, start: str) -> list[str]:
    return [span.due.isoformat() for span in periods(terms, on(start))]


def test_a_due_date_is_clamped_to_its_month_and_does_not_drift() -> None:
    assert due_dates(MONTHLY, "2023-12-31") == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]


@pytest.mark.parametrize(
    ("unit", "every", "expected"),
    [
        (PeriodUnit.DAYS, 10, ["2024-01-11", "2024-01-21", "2024-01-31", "2024-02-10"]),
        (PeriodUnit.WEEKS, 2, ["2024-01-15", "2024-01-29", "2024-02-12", "2024-02-26"]),
        (PeriodUnit.MONTHS, 3, ["2024-04-01", "2024-07-01", "2024-10-01", "2025-01-01"]),
        (PeriodUnit.YEARS, 1, ["2025-01-01", "2026-01-01", "2027-01-01", "2028-01-01"]),
        (PeriodUnit.SEMI_MONTHS, 1, ["2024-01-16", "2024-02-01", "2024-02-16", "2024-03-01"]),
    ],
)
def test_a_rhythm_counts_days_weeks_months_years_or_half_months(
    unit: PeriodUnit, every: int, expected: list[str]
) -> None:
    assert due_dates(replace(MONTHLY, unit=unit, every=every), "2024-01-01") == expected


def test_a_product_may_fix_the_day_of_the_month() -> None:
    terms = replace(MONTHLY, days_of_month=(28,))
    assert due_dates(terms, "2024-01-10") == ["2024-02-28", "2024-03-28", "2024-04-28", "2024-05-28"]


def test_semi_monthly_due_days_may_be_fixed_and_are_clamped() -> None:
    terms = replace(MONTHLY, unit=PeriodUnit.SEMI_MONTHS, days_of_month=(15, 31))
    assert due_dates(terms, "2024-02-01") == ["2024-02-15", "2024-02-29", "2024-03-15", "2024-03-31"]


def test_due_dates_are_counted_on_from_a_given_first_one() -> None:
    terms = replace(MONTHLY, first_due_date=on("2024-03-05"))
    assert due_dates(terms, "2024-01-10") == ["2024-03-05", "2024-04-05", "2024-05-05", "2024-06-05"]
    assert [span.regular for span in periods(terms, on("2024-01-10"))] == [False, True, True, True]


def test_a_first_due_date_that_is_not_after_the_payout_is_refused() -> None:
    with pytest.raises(InvalidValue, match="first_due_date"):
        periods(replace(MONTHLY, first_due_date=on("2024-01-10")), on("2024-01-10"))


def test_an_odd_first_period_can_be_a_row_of_its_own() -> None:
    terms = replace(MONTHLY, first_due_date=on("2024-03-05"), odd_first_period=OddFirstPeriod.SEPARATE_ROW)
    first, second, *_ = periods(terms, on("2024-01-10"))
    assert (first.broken, first.due, second.start, second.due) == (
        True,
        on("2024-02-05"),
        on("2024-02-05"),
        on("2024-03-05"),
    )


def test_a_bullet_is_one_row_over_the_whole_term() -> None:
    (span,) = periods(replace(MONTHLY, kind=ScheduleKind.BULLET), on("2024-01-31"))
    assert (span.due, span.steps) == (on("2024-05-31"), 4)


@pytest.mark.parametrize(("roll", "second"), [(Roll.NEXT, "2024-03-04"), (Roll.PREVIOUS, "2024-02-29")])
def test_a_holiday_moves_the_due_date_and_not_the_count(roll: Roll, second: str) -> None:
    terms = replace(MONTHLY, roll=roll, holidays=(on("2024-03-01"),), weekend=(5, 6))
    assert due_dates(terms, "2024-01-01") == ["2024-02-01", second, "2024-04-01", "2024-05-01"]


def test_a_holiday_calendar_that_leaves_no_step_is_refused() -> None:
    week = tuple(date(2024, 1, day) for day in range(2, 12))
    terms = replace(MONTHLY, unit=PeriodUnit.DAYS, every=1, roll=Roll.NEXT, holidays=week)
    with pytest.raises(InvalidValue, match="roll"):
        periods(terms, on("2024-01-01"))


@pytest.mark.parametrize(
    ("start", "end", "bond", "euro"),
    [
        ("2024-01-31", "2024-03-31", 60, 60),
        ("2024-01-30", "2024-02-29", 29, 29),
        ("2024-01-15", "2024-01-31", 16, 15),
        ("2023-02-28", "2023-03-31", 33, 32),
        ("2024-01-01", "2025-01-01", 360, 360),
    ],
)
def test_months_of_thirty_days_are_counted_by_isda(start: str, end: str, bond: int, euro: int) -> None:
    assert (days_30_360(on(start), on(end)), days_30e_360(on(start), on(end))) == (bond, euro)


def test_a_year_can_end_on_31_december_or_on_1_january() -> None:
    start, end = on("2023-12-13"), on("2024-01-13")
    assert days_by_year_length(start, end, lambda year: date(year, 12, 31)) == (18, 13)
    assert days_by_year_length(start, end, lambda year: date(year + 1, 1, 1)) == (19, 12)


def test_a_span_of_several_years_counts_each_by_its_length() -> None:
    assert days_by_year_length(on("2023-12-31"), on("2026-01-01"), lambda year: date(year + 1, 1, 1)) == (366, 366)


def test_29_february_belongs_to_the_span_that_it_ends() -> None:
    assert holds_feb_29(on("2024-01-31"), on("2024-02-29"))
    assert not holds_feb_29(on("2024-02-29"), on("2024-03-31"))


@pytest.mark.parametrize(
    ("months", "day"), [(1, "2024-02-29"), (12, "2025-01-31"), (-2, "2023-11-30"), (0, "2024-01-31")]
)
def test_months_are_added_within_the_month(months: int, day: str) -> None:
    assert add_months(on("2024-01-31"), months) == on(day)


def test_a_range_of_days_is_half_open_and_never_runs_backwards() -> None:
    assert DateRange(on("2024-02-28"), on("2024-03-01")).days == 2
    with pytest.raises(InvalidValue):
        DateRange(on("2024-03-01"), on("2024-02-28"))
