"""Penalty interest: what the principal of an overdue installment bears, beside the loan's own interest.

Each installment has its own, rounded over its whole life, so that the days' amounts add up to what the days together
come to. It is simple: neither interest nor charges bear it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.annuity import round_ratio
from domain.conventions import DayCount
from domain.rates import day_number, days_a_year
from domain.row import Row
from domain.terms import PenaltyInterest, Terms
from domain.transaction import Component
from domain.waterfall import Waterfall


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """One installment's exact penalty interest: `pot` to the day number `since`, and `daily` more with each number."""

    since: int
    pot: int
    daily: int

    def pot_on(self, number: int) -> int:
        return self.pot + self.daily * max(0, number - self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyLine:
    """Penalties charged over a loan's whole life, to a day: `fixed` and what each of `rows` has borne.

    In minor units; a row's exact pot is over `scale` and rounded half to even. Days are numbered by `day_count`.
    """

    fixed: int
    day_count: DayCount
    scale: int
    rows: tuple[Bearing, ...]

    def charged_on(self, day: date) -> int:
        number = day_number(self.day_count, day)
        return self.fixed + sum(round_ratio(row.pot_on(number), self.scale) for row in self.rows)


class Arrears:
    """The overdue installments of one loan while time passes."""

    def __init__(self, terms: Terms, rule: PenaltyInterest, waterfall: Waterfall) -> None:
        self._day_count, self._tolerance, self._waterfall = terms.day_count, terms.overdue_tolerance, waterfall
        self._rate, denominator = rule.annual_rate.as_integer_ratio()
        self._scale = denominator * 100 * days_a_year(terms.day_count)
        self._grace = timedelta(days=rule.grace_days)
        self._pots: dict[Row, int] = {}
        self._day = date.min

    def advance(self, day: date) -> None:
        """Charge what has been borne since the day before, to the end of `day`."""
        number = day_number(self._day_count, day)
        for row in self._waterfall.past_due(day):
            if bearing := self._of(row):
                pot = self._pots[row] = bearing.pot_on(number)
                row.penalties += self._rounded(pot) - self._rounded(bearing.pot)
        self._day = day

    def owing(self) -> Iterator[Row]:
        """Installments whose figures stand: they bear it already, or will once they are overdue."""
        return (row for row in self._waterfall.rows if row.closed)

    def bearing(self, rows: Iterable[Row]) -> list[Bearing]:
        """What of `rows` bears penalty interest, or will, as it stands at the end of the day."""
        return [bearing for row in rows if (bearing := self._of(row))]

    def _of(self, row: Row) -> Bearing | None:
        principal = row.owed(Component.PRINCIPAL)
        if principal <= 0 or row.outstanding <= self._tolerance:
            return None
        begins = day_number(self._day_count, row.span.due + self._grace)
        since = max(begins, day_number(self._day_count, self._day))
        return Bearing(since=since, pot=self._pots.get(row, 0), daily=self._rate * principal)

    def line(self, bearing: Sequence[Bearing], charged: int) -> PenaltyLine | None:
        """What comes of it if nothing happens; None when nothing bears. `charged` is what the loan was to today."""
        if not bearing:
            return None
        fixed = charged - sum(self._rounded(row.pot) for row in bearing)
        return PenaltyLine(fixed=fixed, day_count=self._day_count, scale=self._scale, rows=tuple(bearing))

    def _rounded(self, pot: int) -> int:
        return round_ratio(pot, self._scale)
