"""The rows of a loan through time: what falls due when, and what interest the balance earns on the way."""

from collections.abc import Sequence
from datetime import date

from domain.annuity import equal_installment, repay_equally, round_ratio
from domain.calendar import Period
from domain.conventions import ScheduleKind
from domain.errors import InvalidValue
from domain.money import currency_digits
from domain.rates import Factors, percent_of
from domain.row import Row, RowKind
from domain.terms import Terms

MOST_SMOOTHING = 3


def new_rows(terms: Terms, spans: Sequence[Period]) -> list[Row]:
    """Empty rows, marked with the grace on interest payment."""
    rows = [Row(span, RowKind.BROKEN_PERIOD if span.broken else RowKind.INSTALLMENT) for span in spans]
    regular = [row for row in rows if not row.span.broken]
    for row in regular[: terms.grace_on_interest_payment]:
        row.defers_interest = True
    if terms.grace_on_interest_payment:
        regular[terms.grace_on_interest_payment].releases_interest = True
    for row in rows:
        row.repays = not row.span.broken
    for row in regular[: terms.grace_on_principal]:
        row.repays = False
    return rows


class Amortization:
    """The scheduled rows, the balance that bears interest and the interest that has accrued, walking forward in time.

    With `follows` (interest recalculation) `balance` is what is really owed of the principal; else what the schedule plans.
    `pot` is the exact interest of the current row's days so far, over `factors.scale`; `carried` is whole interest that closed
    rows left to later ones; `overdue` is principal of closed rows that is unpaid.
    """

    def __init__(self, terms: Terms, factors: Factors, rows: list[Row]) -> None:
        self.terms, self.factors, self.rows = terms, factors, rows
        self.follows = terms.recalculation is not None
        self.flat = terms.kind == ScheduleKind.FLAT
        self.day = rows[0].span.start
        self.at = 0  # index of the row in whose span `day` lies; len(rows) after maturity
        self.balance = self.lent = self.overdue = 0
        self.pot = self.carried = 0

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
            self.overdue += row.principal_outstanding
        else:
            self.carried += round_ratio(self.pot, self.factors.scale) - row.interest
            self.balance -= row.principal
        row.closed = True
        self.pot = 0
        self.at += 1

    def lend(self, amount: int) -> None:
        """More principal, today: spread what is owed over the rows to come."""
        self.balance += amount
        self.lent += amount
        if not self.matured:
            self.spread()

    def spread(self) -> None:
        """Decide anew what the rows to come amount to."""
        rows = [row for row in self.rows[self.at :] if row.repays]
        if self.terms.kind == ScheduleKind.EQUAL_INSTALLMENTS:
            self._share_equal_installments(rows)
        elif self.terms.kind == ScheduleKind.FLAT:
            self._share_flat(rows)
        elif self.terms.kind == ScheduleKind.EQUAL_PRINCIPAL:
            self._share(rows, round_ratio(self.balance - self.overdue - self._balloon(), len(rows)), inside=False)
        self.project()

    def _share(self, rows: list[Row], amount: int, *, inside: bool) -> None:
        for row in rows:
            row.share, row.interest_inside = amount, inside

    def _share_flat(self, rows: list[Row]) -> None:
        scale, balance = self.factors.scale, self.balance - self.overdue
        interest = sum(round_ratio(self._numerator(i, balance), scale) for i in range(self.at, len(self.rows)))
        self._share(rows, self._to_multiple(round_ratio(balance + interest, len(rows))), inside=True)

    def _share_equal_installments(self, rows: list[Row]) -> None:
        if self.terms.installment_amount:
            self._share(rows, self._given_installment(), inside=True)
            return
        factors = [self.factors.whole(row.span) for row in rows]
        exact = equal_installment(self.balance - self.overdue, factors, self.factors.scale, self._balloon())
        self._share(rows, self._to_multiple(exact), inside=True)
        if self.terms.smoothing:
            self._smooth(rows)

    def _given_installment(self) -> int:
        interest = round_ratio(self._numerator(self.at, self.balance), self.factors.scale)
        if interest > self.terms.installment_amount and not self.terms.negative_amortization:
            raise InvalidValue("installment_amount", "does not cover the interest of the first installment")
        return self.terms.installment_amount

    def _smooth(self, rows: list[Row]) -> None:
        """Bring the last row, which takes the roundings, nearer to the others."""
        balloon, count = self._balloon(), len(rows)
        for _ in range(MOST_SMOOTHING if count > 1 else 0):
            self.project()
            share, gap = rows[0].share, self._gap(rows, balloon)
            if abs(gap) * 100 <= (count // 2) * 10 ** currency_digits(self.terms.currency):
                return
            self._share(rows, self._to_multiple(share + round_ratio(gap, count)), inside=True)
            self.project()
            if abs(self._gap(rows, balloon)) >= abs(gap):
                self._share(rows, share, inside=True)
                return

    def _gap(self, rows: list[Row], balloon: int) -> int:
        last, previous = rows[-1], rows[-2]
        return last.principal + last.interest - balloon - previous.principal - previous.interest

    def _balloon(self) -> int:
        balloon = self.terms.balloon_amount or percent_of(self.lent, self.terms.balloon_percent)
        if balloon > self.lent:
            raise InvalidValue("balloon_amount", "is more than the principal")
        return min(balloon, self.balance - self.overdue)

    def _to_multiple(self, amount: int) -> int:
        """To the product's multiple, unless that would leave nothing."""
        multiple = self.terms.installment_multiple or 1
        return round_ratio(amount, multiple) * multiple or amount

    def project(self) -> None:
        """Price the rows to come, as if all that is due today were paid today and the rest on its due dates."""
        carried, balance = self.carried, self.balance - self.overdue
        index, last = self.at, self._last_open()
        while index < len(self.rows):
            numerator, plain = self._numerator(index, balance), self._plain_run(index, last)
            if len(plain) > 1:
                balance -= self._price_equally(plain, balance, numerator)
            else:
                balance -= self._price(self.rows[index], numerator, balance, last=index == last)
            index += len(plain) or 1
        self.carried = carried

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
        """The rows from `start` that come to the same and have nothing paid."""
        stop, rows, share = start, self.rows, self.rows[start].share
        while not self.flat and stop < last and rows[stop].share == share and self._is_plain(rows[stop]):
            stop += 1
        return rows[start:stop]

    def _is_plain(self, row: Row) -> bool:
        touched = self.follows and (row.settled or row.principal_paid or row.interest_paid or row.interest_waived)
        return row.interest_inside and not (row.defers_interest or row.releases_interest or touched)

    def _price_equally(self, rows: list[Row], balance: int, first: int) -> int:
        """Rows of one size. The principal they take."""
        factors = [self.factors.whole(row.span) for row in rows]
        principals, interests, self.carried = repay_equally(
            balance, factors, self.factors.scale, rows[0].share, first, self.carried
        )
        for row, principal, interest in zip(rows, principals, interests, strict=True):
            row.principal, row.interest = principal, interest
        return sum(principals)

    def _price(self, row: Row, numerator: int, balance: int, last: bool) -> int:
        """Split one row into interest and principal, of at most `balance`. The principal that it takes of it."""
        own = round_ratio(numerator, self.factors.scale)
        total = own + self.carried
        if not row.settled:
            paid = row.principal_paid if self.follows else 0
            row.interest = self._interest(row, total, last)
            part = own if row.defers_interest or row.releases_interest else row.interest
            wanted = row.share - part if row.interest_inside else row.share
            row.principal = paid + balance if last else max(paid, min(wanted, paid + balance))
            self.carried = total - row.interest
            return row.principal - paid
        self.carried = total - row.interest
        return 0

    def open(self, row: Row) -> None:
        """Set what a row to come would cost if it were paid today: interest so far, and the principal that is left of its share."""
        if row.settled or row.closed or not self.follows:
            return
        interest, left = self._interest_today(row), self.balance - self.overdue
        if row is self.rows[self._last_open()]:
            row.interest, row.principal = interest, row.principal_paid + left
            return
        row.interest = min(interest, max(row.share, row.interest_paid + row.interest_waived)) if row.interest_inside else interest
        wanted = row.share - row.interest if row.interest_inside else row.share
        row.principal = max(row.principal_paid, min(wanted, row.principal_paid + left))

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
        if self.follows:
            self.balance -= amount
            if row.closed:
                self.overdue -= amount

    def accrued(self) -> list[int]:
        """Interest earned to today, row by row: what closed rows say, what the days since have earned, and never less than
        what was paid or waived."""
        rest, earned = self.carried + round_ratio(self.pot, self.factors.scale), []
        for row in self.rows:
            recognized = row.interest_paid + row.interest_waived
            if row.closed:
                earned.append(row.interest)
                continue
            own = min(rest, row.interest) if row.settled else rest
            rest -= own
            earned.append(max(own, recognized))
        return earned

    def _interest(self, row: Row, total: int, last: bool) -> int:
        """What of the interest falls due in the row: all, unless the row defers it or is too small for it."""
        recognized = row.interest_paid + row.interest_waived if self.follows else 0
        if row.defers_interest and not last:
            return recognized
        if row.interest_inside and not row.releases_interest and not last:
            total = min(total, row.share)
        return max(total, recognized)
