"""The rows of a loan through time: what falls due when, and what interest the balance earns on the way."""

from collections.abc import Callable
from datetime import date

from domain.annuity import repay_equally, round_ratio
from domain.conventions import ScheduleKind
from domain.rates import Factors
from domain.row import Row
from domain.terms import Terms


class Amortization:
    """The scheduled rows, the balance that bears interest and the interest that has accrued, walking forward in
    time.

    With `follows` (interest recalculation) `balance` is what is really owed of the principal; else what the
    schedule plans. `pot` is the exact interest of the current row's days so far, over `factors.scale`; `carried`
    is whole interest that closed rows left to later ones; `overdue` is principal of closed rows that is unpaid.
    """

    def __init__(self, terms: Terms, factors: Factors, rows: list[Row]) -> None:
        self.terms, self.factors, self.rows = terms, factors, rows
        self.follows = terms.recalculation is not None
        self.flat = terms.kind == ScheduleKind.FLAT
        self.day = rows[0].span.start if rows else date.min
        self.at = 0  # index of the row in whose span `day` lies; len(rows) after maturity
        self.balance = self.lent = self.overdue = 0
        self.pot = self.carried = 0
        self.prepaid = 0  # principal of rows to come that was paid in the current row's time

    @property
    def matured(self) -> bool:
        return self.at == len(self.rows)

    @property
    def bearing(self) -> int:
        """The balance that bears interest today."""
        if self.flat:
            return self.lent
        recalculation = self.terms.recalculation
        if recalculation and not recalculation.interest_on_overdue_principal:
            return self.balance - self.overdue
        return self.balance

    def advance(self, day: date) -> None:
        """Let interest accrue up to `day`, closing every row that falls due on the way."""
        while not self.matured:
            span = self.rows[self.at].span
            until = min(day, span.due)
            if until > self.day:
                self.pot += self.bearing * self.factors.part(span, self.day, until)
                self.day = until
            if day < span.due:
                break
            self._close(self.rows[self.at])

    def _close(self, row: Row) -> None:
        """The row's due date is reached: what falls due in it is final."""
        if self.follows:
            self._price(row, self.pot, self.balance - self.overdue, last=self.at == self._last_open())
            self.overdue += row.principal - row.principal_paid
        else:
            self.carried += round_ratio(self.pot, self.factors.scale) - row.interest
            self.balance -= row.principal
        row.closed = True
        self.pot = self.prepaid = 0
        self.at += 1

    def assume_paid_on_time(self) -> None:
        """Look ahead: what is due was paid today, the rest will be paid on its due dates."""
        if self.follows:
            self.project()
            self.balance += sum(row.principal_paid for row in self.rows[self.at :]) - self.overdue
            self.follows, self.overdue, self.prepaid = False, 0, 0

    def project(self) -> None:
        """Price the rows to come, as if all that is due today were paid today and the rest on its due dates."""
        carried, bearing, unpaid = self.carried, self.balance - self.overdue, self._unpaid()
        index, last = self.at, self._last_open()
        while index < len(self.rows):
            plain = self._plain_run(index, last) if index > self.at and bearing == unpaid else []
            if len(plain) > 1:
                taken = repaid = self._price_equally(plain, unpaid)
            else:
                row = self.rows[index]
                taken = self._price(row, self._numerator(index, bearing), unpaid, last=index == last)
                repaid = taken if self.follows else row.principal
            unpaid -= taken
            bearing -= repaid
            index += len(plain) or 1
        self.carried = carried

    def _unpaid(self) -> int:
        """What the rows to come still have to repay."""
        if self.follows:
            return self.balance - self.overdue
        return self.balance - sum(row.principal_paid for row in self.rows[self.at :])

    @property
    def to_repay(self) -> int:
        """What the rows to come have to repay, with what they were paid in advance lately."""
        return self.balance - self.overdue + self.prepaid

    def interest_of(self, index: int, balance: int) -> int:
        """Of a row to come, with `balance` at its beginning or today."""
        return round_ratio(self._numerator(index, balance), self.factors.scale)

    def _numerator(self, index: int, balance: int) -> int:
        """The exact interest of a row, past days included, over the scale."""
        span = self.rows[index].span
        bearing = self.lent if self.flat else balance
        if index > self.at:
            return bearing * self.factors.whole(span)
        return self.pot + bearing * self.factors.part(span, self.day, span.due)

    def _last_open(self) -> int:
        """The row that takes the difference: the last that isn't settled in advance."""
        index = len(self.rows) - 1
        while index > self.at and self.rows[index].settled:
            index -= 1
        return index

    def _plain_run(self, start: int, last: int) -> list[Row]:
        """The rows from `start` that come to the same, interest inside, and have nothing paid that would matter."""
        rows, first, stop = self.rows, self.rows[start], start
        if self.flat or not first.interest_inside:
            return []
        for index in range(start, last):
            row = rows[index]
            if row.share != first.share or row.defers_interest or row.releases_interest:
                break
            if row.settled or row.principal_paid or row.interest_paid or row.interest_waived:
                break
            stop = index + 1
        return rows[start:stop]

    def _price_equally(self, rows: list[Row], balance: int) -> int:
        """Rows of one size. The principal they take."""
        factors = [self.factors.whole(row.span) for row in rows]
        principals, interests, self.carried = repay_equally(
            balance, factors, self.factors.scale, rows[0].share, self.carried
        )
        for row, principal, interest in zip(rows, principals, interests, strict=True):
            row.principal, row.interest = principal, interest
        return sum(principals)

    def _price(self, row: Row, numerator: int, unpaid: int, last: bool) -> int:
        """Split one row into interest and principal. The principal that it takes of what is `unpaid`."""
        own = round_ratio(numerator, self.factors.scale)
        total, paid = own + self.carried, row.principal_paid
        if not row.settled:
            row.interest = self._interest(row, total, last)
            part = own if row.defers_interest or row.releases_interest else row.interest
            wanted = row.share - part if row.interest_inside else row.share
            row.principal = paid + unpaid if last else max(paid, min(wanted, paid + unpaid))
        self.carried = total - row.interest
        return row.principal - paid

    def _interest(self, row: Row, total: int, last: bool) -> int:
        """What of the interest falls due in the row: all, unless the row defers it or is too small for it."""
        recognized = row.interest_paid + row.interest_waived
        if row.defers_interest and not last:
            return recognized
        if row.interest_inside and not row.releases_interest and not last:
            total = min(total, row.share)
        return max(total, recognized)

    def open(self, row: Row) -> None:
        """Set what a row to come would cost if it were paid today.

        Interest so far, and the principal that is left of its share.
        """
        if row.settled or row.closed or not self.follows:
            return
        interest, left = self._interest_today(row), self.balance - self.overdue
        if self._is_only_open(row):
            row.interest, row.principal = interest, row.principal_paid + left
            return
        row.interest = (
            min(interest, max(row.share, row.interest_paid + row.interest_waived)) if row.interest_inside else interest
        )
        wanted = row.share - row.interest if row.interest_inside else row.share
        row.principal = max(row.principal_paid, min(wanted, row.principal_paid + left))

    def _is_only_open(self, row: Row) -> bool:
        return all(o is row or o.settled or o.share <= o.principal_paid for o in self.rows[self.at :])

    def _interest_today(self, row: Row) -> int:
        """What has accrued for a row to come: all of it for the first that isn't settled, nothing for later ones."""
        rest = self.carried + round_ratio(self.pot, self.factors.scale)
        for earlier in self.rows[self.at :]:
            if earlier is row:
                return max(rest, row.interest_paid + row.interest_waived)
            if not earlier.settled:
                break
            rest -= earlier.interest
        return row.interest_paid + row.interest_waived

    def repay(self, row: Row, amount: int) -> None:
        """Principal of one of the rows has been paid."""
        if not self.follows:
            return
        self.balance -= amount
        if row.closed:
            self.overdue -= amount
        else:
            self.prepaid += amount

    def earn_whole_period(self) -> None:
        """The interest of the current row is owed to its due date, whatever happens to the balance."""
        if not self.matured:
            self.pot += self._rest_of_period()
            self.day = self.rows[self.at].span.due

    def end(self) -> None:
        """No row earns interest any more, and none can be added to: what has been earned is what falls due."""
        for row, interest in zip(self.rows, self.accrued(), strict=True):
            row.interest, row.closed = interest, True
        self.at, self.carried, self.pot = len(self.rows), 0, 0

    def _rest_of_period(self) -> int:
        span = self.rows[self.at].span
        return self.bearing * self.factors.part(span, self.day, span.due)

    def accrued(self, *, to_due_date: bool = False) -> list[int]:
        """Interest earned to today, row by row.

        What closed rows say, what the days since have earned, and never less than what was paid or waived. Or to
        the current row's due date.
        """
        pot = self.pot + (self._rest_of_period() if to_due_date and not self.matured else 0)
        rest, earned = self.carried + round_ratio(pot, self.factors.scale), []
        for row in self.rows:
            if row.closed:
                earned.append(row.interest)
                continue
            recognized = row.interest_paid + row.interest_waived
            own = self._share(row, rest, recognized)
            rest -= own
            earned.append(max(own, recognized))
        return earned

    def earnings(self) -> Callable[[int], int]:
        """What `accrued` comes to, by how much interest the days since the last closed row have earned."""
        open_rows = [(row, row.interest_paid + row.interest_waived) for row in self.rows if not row.closed]
        sure = sum(row.interest for row in self.rows if row.closed) + sum(recognized for _, recognized in open_rows)

        def earned(interest: int) -> int:
            rest, total = self.carried + interest, sure
            for row, recognized in open_rows:
                if not rest:
                    break
                own = self._share(row, rest, recognized)
                rest -= own
                total += max(own - recognized, 0)
            return total

        return earned

    def _share(self, row: Row, rest: int, recognized: int) -> int:
        """How much of the rest an open row takes."""
        if row.settled or not self.follows:
            return min(rest, row.interest)
        return min(rest, recognized) if row.defers_interest else rest
