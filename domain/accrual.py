"""Interest as a line through time, so that a whole portfolio can be accrued without folding every loan every day.

Until somebody pays, a row falls due or the length of the year changes, a loan earns the same each day. What it has
earned by any day is then one exact expression, which SQL can compute as well as we can.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import gcd

from domain.amortization import Amortization
from domain.annuity import round_ratio
from domain.penalty_interest import PenaltyLine
from domain.position import fold, totals_of
from domain.row import Row
from domain.servicing import Servicing
from domain.terms import Terms
from domain.transaction import Transaction, TransactionKind

MOST_LINES = 2  # how far ahead a loan is written down: today's line, and that of the next row
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualLine:
    """Interest earned over a loan's whole life to any day from `start` to `until`, both inclusive.

    `fixed + (pot + daily * days since start) / scale`, in minor units, the quotient rounded half to even. `penalties`
    None: none are charged on these days.
    """

    start: date
    until: date
    fixed: int
    pot: int = 0
    daily: int = 0
    scale: int = 1
    penalties: PenaltyLine | None = None

    def earned_on(self, day: date) -> int:
        return self.fixed + round_ratio(self.pot + self.daily * (day - self.start).days, self.scale)


def accrual_lines(terms: Terms, transactions: Sequence[Transaction], as_of: date) -> tuple[AccrualLine, ...]:
    """What the loan earns from `as_of` on if nothing happens. The last line may end before the loan does."""
    return Outlook(*fold(terms, transactions, as_of)).lines(as_of)


class Outlook:
    """A folded loan as it stands, whatever becomes of the state that it is taken from."""

    def __init__(self, state: Servicing, facts: Sequence[Transaction]) -> None:
        planned = any(fact.kind is TransactionKind.PLANNED_DISBURSEMENT for fact in facts)
        self._earns = state.charged_off is None and bool(state.plan.rows)
        self._earned = 0 if self._earns else totals_of(state).interest_accrued
        self._plan = _twin(state.plan, len(state.plan.rows) if planned else MOST_LINES)
        self._arrears = state.arrears
        self._bearing = state.arrears.bearing(state.arrears.owing()) if state.arrears else []
        self._charged = sum(row.penalties for row in state.rows) if state.arrears else 0

    def lines(self, day: date) -> tuple[AccrualLine, ...]:
        """`day` is the day of the state."""
        if not self._earns:
            return (_flat(day, date.max, self._earned),)
        plan = _twin(self._plan, MOST_LINES)
        return tuple(
            replace(line, penalties=self._penalties(plan.rows[self._plan.at : plan.at])) for line in _lines(plan, day)
        )

    def _penalties(self, fallen_due: Sequence[Row]) -> PenaltyLine | None:
        """With installments that will have fallen due by then."""
        if self._arrears is None:
            return None
        return self._arrears.line([*self._bearing, *self._arrears.bearing(fallen_due)], self._charged)


def _twin(plan: Amortization, ahead: int) -> Amortization:
    """A plan that can walk a few rows ahead and leaves the other where it is."""
    twin = Amortization(plan.terms, plan.factors, plan.rows)
    vars(twin).update(vars(plan))
    walked = slice(plan.at, plan.at + ahead)
    twin.rows = plan.rows.copy()
    twin.rows[walked] = [replace(row) for row in plan.rows[walked]]
    return twin


def _lines(plan: Amortization, day: date) -> Iterator[AccrualLine]:
    """None reaches into a due date: on that day what the row says is final, and may be less."""
    for _ in range(MOST_LINES):
        if plan.matured:
            yield _flat(day, date.max, sum(plan.accrued()))
            return
        due = plan.rows[plan.at].span.due
        line = _line(plan, day, due)
        yield line
        if line.until == day < due - _DAY:
            return  # it follows no line, and is folded every day
        day = due if line.until == due - _DAY else line.until
        plan.advance(day)


def _flat(start: date, until: date, earned: int) -> AccrualLine:
    return AccrualLine(start=start, until=until, fixed=earned)


def _line(plan: Amortization, day: date, due: date) -> AccrualLine:
    """As far as what is earned grows with the days' interest, or stays: rows that were paid ahead have it already."""
    even, daily = _stretch(plan, day, due)
    if plan.pot < 0 or daily < 0:
        return _flat(day, day, sum(plan.accrued()))

    earnings = plan.earnings()

    def interest(days: int) -> int:
        return round_ratio(plan.pot + daily * days, plan.factors.scale)

    def earned(days: int) -> int:
        return earnings(interest(days))

    now, first = earned(0), interest(0)
    growing = _as_long_as(lambda days: earned(days) - now == interest(days) - first, even)
    resting = 0 if growing == even else _as_long_as(lambda days: earned(days) == now, even)
    if resting > growing:
        return _flat(day, day + timedelta(resting), now)
    common = gcd(plan.pot, daily, plan.factors.scale)
    return AccrualLine(
        start=day,
        until=day + timedelta(growing),
        fixed=now - first,
        pot=plan.pot // common,
        daily=daily // common,
        scale=plan.factors.scale // common,
    )


def _as_long_as(holds: Callable[[int], bool], most: int) -> int:
    """The largest number up to `most` for which it holds; what has ended does not begin again."""
    if holds(most):
        return most
    return bisect_left(range(1, most + 1), 1, key=lambda days: not holds(days))


def _stretch(plan: Amortization, day: date, due: date) -> tuple[int, int]:
    """For how many days, all before the due date, the interest is the same each day, and how much over the scale."""
    most = (due - day).days - 1
    if plan.day > day:  # the row's interest is owed to its end already
        return most, 0
    span = plan.rows[plan.at].span

    def factor(days: int) -> int:
        return plan.factors.part(span, day, day + timedelta(days))

    daily = factor(1) if most else 0
    return _as_long_as(lambda days: not days or factor(days) == daily * days, most), plan.bearing * daily
