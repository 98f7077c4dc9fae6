"""Money runs down over the rows of a loan, in the order that an allocation rule gives."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date

from domain.allocation import AllocationRule, FutureRule, Timing, in_turn, stages
from domain.amortization import Amortization
from domain.annuity import round_ratio
from domain.calendar import Period
from domain.row import Row, RowKind
from domain.transaction import Component


class Waterfall:
    """All rows by due date (the plan's, down payments, and one that charges after maturity open) and what was
    paid of them.
    """

    def __init__(self, plan: Amortization) -> None:
        self.plan = plan
        self.rows = list(plan.rows)
        self.paid = dict.fromkeys(Component, 0)
        self._due_dates = [row.span.due for row in self.rows]
        self._first_unpaid = 0  # rows before it have nothing outstanding

    def insert(self, row: Row) -> None:
        """After the rows that are due on the same day."""
        at = bisect_right(self._due_dates, row.span.due)
        self.rows.insert(at, row)
        self._due_dates.insert(at, row.span.due)
        self.look_again()

    def look_again(self) -> None:
        """More is owed of a row than before."""
        self._first_unpaid = 0

    def row_of(self, day: date) -> Row:
        """The row in whose span a charge of that day lies; after maturity one more row."""
        for row in self.rows[bisect_left(self._due_dates, day) :]:
            if row.kind != RowKind.DOWN_PAYMENT:
                return row
        last = self.rows[-1] if self.rows else None
        if last and last.kind == RowKind.ADDITIONAL:
            last.span = last.span._replace(due=day)
            self._due_dates[-1] = day
        else:
            self.insert(Row(Period(last.span.due if last else day, day), RowKind.ADDITIONAL, closed=True))
        return self.rows[-1]

    def spread(self, rule: AllocationRule, amount: int, day: date) -> int:
        """Pay what is owed. What no row takes."""
        before, spans = amount + 1, self._spans(day)
        while 0 < amount < before:  # what one round settles can make room for more in the next
            before, amount = amount, self._spread_once(rule, spans, amount, day)
        return amount

    def _spread_once(self, rule: AllocationRule, spans: dict[Timing, range], amount: int, day: date) -> int:
        for when, components in stages(rule):
            if when == Timing.IN_ADVANCE:
                amount = self._pay_in_advance(rule.future, components, spans[when], amount, day)
            else:
                for row in self._unpaid(spans[when]):
                    amount -= self.pay(row, components, amount, day)
            if amount == 0:
                break
        return amount

    def _spans(self, day: date) -> dict[Timing, range]:
        """Which rows are past due, due and to come on `day`."""
        past, last = self._past_due(day), bisect_right(self._due_dates, day)
        return {
            Timing.PAST_DUE: past,
            Timing.DUE: range(past.stop, last),
            Timing.IN_ADVANCE: range(last, len(self.rows)),
        }

    def _past_due(self, day: date) -> range:
        first = bisect_left(self._due_dates, day)
        while self._first_unpaid < first and self.rows[self._first_unpaid].outstanding == 0:
            self._first_unpaid += 1
        return range(self._first_unpaid, first)

    def past_due(self, day: date) -> list[Row]:
        """Rows that were due before `day`, from the first that has anything outstanding."""
        past = self._past_due(day)
        return self.rows[past.start : past.stop]

    def _unpaid(self, span: range) -> Iterator[Row]:
        """Rows to come whose figures follow the balance are unpaid until they are settled."""
        rows, follows = self.rows, self.plan.follows
        for index in span:
            row = rows[index]
            if (follows and not row.closed and not row.settled) or row.outstanding > 0:
                yield row

    def _pay_in_advance(
        self, rule: FutureRule, components: tuple[Component, ...], span: range, amount: int, day: date
    ) -> int:
        if rule == FutureRule.REAMORTIZATION:
            amount = self._pay_evenly(components, span, amount, day)
        for row in in_turn(rule, self._unpaid(span)):
            if amount == 0:
                break
            amount -= self.pay(row, components, amount, day)
        return amount

    def _pay_evenly(self, components: tuple[Component, ...], span: range, amount: int, day: date) -> int:
        """To all installments in advance alike, component by component, as long as they take something."""
        before = amount + 1
        while 0 < amount < before:
            before = amount
            for component in components:
                amount = self._pay_component_evenly(component, span, amount, day)
        return amount

    def _pay_component_evenly(self, component: Component, span: range, amount: int, day: date) -> int:
        rows = list(self._unpaid(span))
        even = round_ratio(amount, len(rows)) if rows else 0
        last = amount - even * (len(rows) - 1)
        for row in rows:
            amount -= self.pay(row, (component,), min(amount, last if row is rows[-1] else even), day)
        return amount

    def pay(self, row: Row, components: Iterable[Component], amount: int, day: date) -> int:
        """Pay up to `amount` of a row's components, in their order. What was paid."""
        self.plan.open(row)
        left = amount
        for component in components:
            owed = row.owed(component)
            if owed > 0:
                part = min(owed, left)
                self._settle(row, component, part)
                left -= part
                if left == 0:
                    break
        self._mark(row, amount - left, day)
        return amount - left

    def _settle(self, row: Row, component: Component, amount: int) -> None:
        row.settle(component, amount)
        self.paid[component] += amount
        if component == Component.PRINCIPAL and row.planned:
            self.plan.repay(row, amount)

    def _mark(self, row: Row, paid: int, day: date) -> None:
        if day < row.span.due:
            row.paid_in_advance += paid
        elif day > row.span.due:
            row.paid_late += paid
        if paid and row.outstanding == 0:
            row.paid_on = day
        if paid and self.plan.follows and not row.closed:
            row.settled = row.owed(Component.PRINCIPAL) == row.owed(Component.INTEREST) == 0
