"""From annual percents to what a span of days costs.

A factor is an integer over the loan's one denominator (`Factors.scale`), so that interest is exact until it is
rounded to minor units: `round_ratio(balance * factor, scale)`. Only a compounding (effective) rate is irrational;
it is carried with nineteen significant digits.
"""

from calendar import isleap
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Context, Decimal
from itertools import pairwise
from math import lcm

from domain.annuity import NINETEEN_DIGITS, round_ratio
from domain.calendar import Period, days_30_360, days_30e_360, days_by_year_length, holds_feb_29
from domain.conventions import DayCount, InterestPeriod, LeapYear, PeriodUnit, RateKind, YearEndCut
from domain.terms import Terms

_YEAR = {
    DayCount.THIRTY_360: 360,
    DayCount.THIRTY_364: 364,
    DayCount.THIRTY_365: 365,
    DayCount.ACT_360: 360,
    DayCount.ACT_364: 364,
    DayCount.ACT_365F: 365,
    DayCount.THIRTY_E_360: 360,
}
_MONTHS_OF_30 = {
    DayCount.THIRTY_360,
    DayCount.THIRTY_364,
    DayCount.THIRTY_365,
    DayCount.THIRTY_ACT,
    DayCount.THIRTY_E_360,
}
_PER_YEAR = {PeriodUnit.MONTHS: 12, PeriodUnit.YEARS: 1, PeriodUnit.WEEKS: 52, PeriodUnit.SEMI_MONTHS: 24}
_COMPOUND_DIGITS = 10**19
_EVERY_YEAR = lcm(360, 364, 365, 366, 12, 24, 52)


def percent_of(amount: int, percent: Decimal) -> int:
    """`percent` of an amount in minor units, rounded."""
    numerator, denominator = percent.as_integer_ratio()
    return round_ratio(amount * numerator, denominator * 100)


def nominal_rate(effective: Decimal, periods_per_year: int = 12) -> Decimal:
    """The annual nominal percent that compounds to `effective` percent over a year."""
    with_interest = NINETEEN_DIGITS.add(1, NINETEEN_DIGITS.divide(effective, Decimal(100)))
    root = Context(prec=30).power(with_interest, Context(prec=30).divide(Decimal(1), Decimal(periods_per_year)))
    return NINETEEN_DIGITS.multiply(root - 1, Decimal(100 * periods_per_year))


def days_a_year(day_count: DayCount) -> int:
    """What `day_number` grows by in a year."""
    return _YEAR.get(day_count, 365 * 366)


def day_number(day_count: DayCount, day: date) -> int:
    """Numbers whose difference is the days between two days, whatever lies between them.

    Months of thirty days have no 31st (30E/360). Where years count by their length, so does a day, by its own year's.
    """
    thirty, before = day_count in _MONTHS_OF_30, day.year - 1
    so_far = 30 * (day.month - 1) + min(day.day, 30) if thirty else day.timetuple().tm_yday
    leap = before // 4 - before // 100 + before // 400
    if day_count in _YEAR:
        return so_far + 360 * before if thirty else day.toordinal()
    ordinary_days, leap_days = (360, 360) if thirty else (365, 366)
    years = (before - leap) * ordinary_days * 366 + leap * leap_days * 365
    return years + so_far * (365 if isleap(day.year) else 366)


def _lengths(span: Period) -> Iterator[int]:
    """Days of a row, or of the steps that it consists of."""
    return ((due - start).days for start, due in pairwise((span.start, *span.inner, span.due)))


class Factors:
    """Interest per unit of balance for spans of days, under one rate of one loan.

    `scale` is a multiple of `over`, so that sums over that denominator can be carried on.
    """

    def __init__(self, terms: Terms, annual_rate: Decimal, spans: Sequence[Period], over: int = 1) -> None:
        rate = annual_rate if terms.rate_kind == RateKind.NOMINAL else nominal_rate(annual_rate)
        self._rate, rate_denominator = rate.as_integer_ratio()
        self._terms = terms
        self._same_as_repayment = terms.interest_period == InterestPeriod.SAME_AS_REPAYMENT and terms.unit in _PER_YEAR
        self._whole: dict[Period, int] = {}
        self._by_length = (
            self._same_as_repayment or terms.day_count in _MONTHS_OF_30 or any(s.counted_from for s in spans)
        )
        self._parts = lcm(*{days for span in spans for days in _lengths(span)}) if self._by_length else 1
        self._year = _EVERY_YEAR if self._by_length or terms.day_count not in _YEAR else _YEAR[terms.day_count]
        self._parts *= _COMPOUND_DIGITS if terms.compounding else 1
        own = rate_denominator * 100 * self._year * self._parts  # even, for 100 is
        self.scale = lcm(own, over)
        self._parts *= self.scale // own
        self._step = self._of_one_step()

    def whole(self, span: Period) -> int:
        """Of a whole row."""
        if span.interest_free:
            return 0
        if self._step and span.regular and not span.inner:
            return self._step
        factor = self._whole.get(span)
        if factor is None:
            factor = self._whole[span] = self._of_steps(span, span.due) if span.inner else self._of_period(span)
        return factor

    def part(self, span: Period, start: date, end: date) -> int:
        """Of the days from `start` to `end` inside a row."""
        if span.interest_free:
            return 0
        if start == span.start and end == span.due:
            return self.whole(span)
        if span.inner:
            return self._of_steps(span, end) - self._of_steps(span, start)
        if self._by_length:
            return self._part_by_length(span, start, end)
        return self._actual(span, start, end)

    def _of_steps(self, span: Period, day: date) -> int:
        """From a row's beginning to `day`, step by step.

        With compounding the interest of a step bears interest in the next.
        """
        simple, growth, scale = 0, Decimal(1), Decimal(self.scale)
        for start, due in pairwise((span.start, *span.inner, span.due)):
            if start >= day:
                break
            step = self.part(Period(start, due, span.regular), start, min(day, due))
            simple += step
            growth = NINETEEN_DIGITS.multiply(growth, NINETEEN_DIGITS.divide(Decimal(self.scale + step), scale))
        if not self._terms.compounding:
            return simple
        return int(NINETEEN_DIGITS.multiply(NINETEEN_DIGITS.subtract(growth, Decimal(1)), scale))

    def _part_by_length(self, span: Period, start: date, end: date) -> int:
        if self._same_as_repayment and not self._terms.partial_periods_by_days:
            return self.whole(span) if end == span.due else 0
        return self.whole(span) // span.days * (end - start).days

    def _of_one_step(self) -> int:
        """Of one step of the rhythm, where that is the same for all rows; else zero."""
        terms = self._terms
        if self._same_as_repayment:
            return self._over(terms.every, _PER_YEAR[terms.unit])
        if terms.day_count in _MONTHS_OF_30 and terms.day_count in _YEAR and terms.day_count != DayCount.THIRTY_E_360:
            return self._over(self._days_of_rhythm(), _YEAR[terms.day_count])
        return 0

    def _days_of_rhythm(self) -> int:
        days = {
            PeriodUnit.DAYS: 1,
            PeriodUnit.WEEKS: 7,
            PeriodUnit.SEMI_MONTHS: 15,
            PeriodUnit.MONTHS: 30,
            PeriodUnit.YEARS: 360,
        }
        return days[self._terms.unit] * self._terms.every

    def _of_period(self, span: Period) -> int:
        day_count, start = self._terms.day_count, span.counted_from or span.start
        if day_count == DayCount.THIRTY_E_360:
            return self._over(days_30e_360(start, span.due), 360)
        if day_count not in _MONTHS_OF_30:
            return self._actual(span, start, span.due)
        days = self._days_of_rhythm() if span.regular else days_30_360(start, span.due)
        return self._over(days, _YEAR.get(day_count) or (366 if isleap(start.year) else 365))

    def _actual(self, span: Period, start: date, end: date) -> int:
        days, year = (end - start).days, _YEAR.get(self._terms.day_count)
        if year is not None:
            return self._over(days, year)
        if self._terms.leap_year == LeapYear.FEB_29_PERIOD_ONLY:
            return self._over(days, 366 if holds_feb_29(span.start, span.due) else 365)
        ordinary, leap = days_by_year_length(start, end, self._cut)
        return self._over(ordinary, 365) + self._over(leap, 366)

    def _cut(self, year: int) -> date:
        isda = self._terms.day_count == DayCount.ACT_ACT_ISDA
        return date(year + 1, 1, 1) if isda or self._terms.year_end_cut == YearEndCut.JANUARY_1 else date(year, 12, 31)

    def _over(self, days: int, year: int) -> int:
        return self._rate * days * (self._year // year) * self._parts
