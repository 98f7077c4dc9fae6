"""Days: spans, due dates, business days and the ways of counting."""

from calendar import isleap, monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, pairwise
from typing import NamedTuple

from domain.conventions import OddFirstPeriod, PeriodUnit, Roll, ScheduleKind
from domain.errors import InvalidValue
from domain.terms import Terms


@dataclass(frozen=True, slots=True)
class DateRange:
    """A half-open span of calendar days: `start` belongs to it, `end` does not."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InvalidValue("end", f"{self.end} is before {self.start}")

    @property
    def days(self) -> int:
        return (self.end - self.start).days


class Period(NamedTuple):
    """The span of one row: interest runs from `start` to `due`.

    `regular`: it counts as its steps of the rhythm, whatever its days. `inner`: due dates that the rhythm would
    have inside it. `counted_from`: the start that decides its interest, where that is another day.
    `interest_free`: it costs nothing. `broken`: the odd days before the first full period.
    """

    start: date
    due: date
    regular: bool = True
    inner: tuple[date, ...] = ()
    counted_from: date | None = None
    interest_free: bool = False
    broken: bool = False

    @property
    def days(self) -> int:
        return (self.due - self.start).days

    @property
    def steps(self) -> int:
        return len(self.inner) + 1


def periods(terms: Terms, start: date) -> list[Period]:
    """The rows' spans of a loan whose due dates are counted from `start`."""
    nominal = [start, *_nominal_due_dates(terms, start)]
    rolled = [start, *(roll_to_business_day(terms, day) for day in nominal[1:])] if terms.roll != Roll.NONE else nominal
    _refuse_standstill(rolled)
    spans = [Period(a, b) for a, b in pairwise(rolled)]
    if nominal[1] != _first_regular_due_date(terms, start):
        spans[:1] = _odd_first(terms, nominal[1], spans[0])
    if terms.kind == ScheduleKind.BULLET:
        regular, inner = all(span.regular for span in spans), tuple(span.due for span in spans[:-1])
        return [Period(start, spans[-1].due, regular, inner)]
    free = terms.interest_free_installments
    return [span._replace(interest_free=True) for span in spans[:free]] + spans[free:]


def _odd_first(terms: Terms, nominal_due: date, span: Period) -> list[Period]:
    regular_start = _step(terms, nominal_due, -1)
    if terms.odd_first_period == OddFirstPeriod.KEPT_EQUAL:
        return [span._replace(counted_from=regular_start)]
    if terms.odd_first_period == OddFirstPeriod.SEPARATE_ROW and regular_start > span.start:
        return [Period(span.start, regular_start, regular=False, broken=True), Period(regular_start, span.due)]
    return [span._replace(regular=False)]


def _nominal_due_dates(terms: Terms, start: date) -> list[date]:
    """`start + k * every`, or counted on from a given first due date. Clamped to the month, without drift."""
    if terms.first_due_date is None:
        return list(islice(rhythm(terms, start), terms.installments))
    if terms.first_due_date <= start:
        raise InvalidValue("first_due_date", f"is not after the schedule's start on {start}")
    return [terms.first_due_date, *islice(rhythm(terms, terms.first_due_date), terms.installments - 1)]


def _first_regular_due_date(terms: Terms, start: date) -> date:
    if terms.days_of_month and start.day not in terms.days_of_month and terms.unit != PeriodUnit.SEMI_MONTHS:
        return _step(terms, start, 1)
    return next(rhythm(terms, start))


def rhythm(terms: Terms, anchor: date) -> Iterator[date]:
    """The endless due dates after `anchor`."""
    if terms.unit == PeriodUnit.SEMI_MONTHS:
        yield from _semi_monthly(terms, anchor)
    day = terms.days_of_month[0] if terms.days_of_month else anchor.day
    count = 0
    while True:
        count += 1
        yield _step(terms, anchor, count, day)


def _step(terms: Terms, anchor: date, count: int, day: int = 0) -> date:
    steps = terms.every * count
    if terms.unit == PeriodUnit.MONTHS:
        return add_months(anchor, steps, day)
    if terms.unit == PeriodUnit.YEARS:
        return add_months(anchor, 12 * steps, day)
    if terms.unit == PeriodUnit.SEMI_MONTHS:
        return anchor + timedelta(days=15 * steps)
    return anchor + timedelta(days=steps * (7 if terms.unit == PeriodUnit.WEEKS else 1))


def add_months(day: date, months: int, day_of_month: int = 0) -> date:
    """The same day `months` later, or `day_of_month` of that month, clamped to the month's length."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    wanted = day_of_month or day.day
    if wanted > 28:
        wanted = min(wanted, monthrange(year, month + 1)[1])
    return date(year, month + 1, wanted)


def _semi_monthly(terms: Terms, anchor: date) -> Iterator[date]:
    """Two due days a month: those given, or the anchor's day and the day fifteen before or after it."""
    first, second = terms.days_of_month or _half_month_apart(anchor.day)
    month = anchor.replace(day=1)
    count = 0
    while True:
        for wanted in (first, second):
            due = add_months(month, 0, wanted)
            if due > anchor:
                count += 1
                if count % terms.every == 0:
                    yield due
        month = add_months(month, 1)


def _half_month_apart(day: int) -> tuple[int, int]:
    return (day, day + 15) if day <= 15 else (day - 15, day)


def is_business_day(terms: Terms, day: date) -> bool:
    return day.weekday() not in terms.weekend and day not in terms.holidays


def roll_to_business_day(terms: Terms, day: date) -> date:
    """The next or previous business day of a `day` that is none."""
    step = timedelta(days=-1 if terms.roll == Roll.PREVIOUS else 1)
    while terms.roll != Roll.NONE and not is_business_day(terms, day):
        day += step
    return day


def _refuse_standstill(due_dates: list[date]) -> None:
    for earlier, later in pairwise(due_dates):
        if later <= earlier:
            raise InvalidValue("roll", f"moves the due date after {earlier} to {later}")


def days_30_360(start: date, end: date) -> int:
    """30/360 "Bond Basis", ISDA 2006 section 4.16 (f)."""
    first = min(start.day, 30)
    last = 30 if end.day == 31 and first == 30 else end.day
    return _months_of_30(start, end) + last - first


def days_30e_360(start: date, end: date) -> int:
    """30E/360 "Eurobond Basis", ISDA 2006 section 4.16 (g)."""
    return _months_of_30(start, end) + min(end.day, 30) - min(start.day, 30)


def _months_of_30(start: date, end: date) -> int:
    return 30 * (12 * (end.year - start.year) + end.month - start.month)


def days_by_year_length(start: date, end: date, cut: Callable[[int], date]) -> tuple[int, int]:
    """Actual days from `start` to `end` that count in years of 365 and of 366; a year ends on the day `cut(year)`."""
    ordinary = leap = 0
    while start < end:
        until = min(end, max(start, cut(start.year)))
        if until == start:
            until, year = min(end, cut(start.year + 1)), start.year + 1
        else:
            year = start.year
        ordinary, leap = (
            (ordinary, leap + (until - start).days) if isleap(year) else (ordinary + (until - start).days, leap)
        )
        start = until
    return ordinary, leap


def holds_feb_29(start: date, end: date) -> bool:
    """Whether 29 February lies after `start` and not after `end`."""
    return any(isleap(year) and start < date(year, 2, 29) <= end for year in range(start.year, end.year + 1))
