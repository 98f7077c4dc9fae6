"""Schedules per second of one 360-month loan, beside three libraries from the package index, and cents of error.

Every library computes the same loan: 300,000.00 at 6.5 percent, thirty years, monthly. `figures` is installment,
principal and interest of every row, which is what the others compute; `position` is the whole fold, with dates,
balances, payoff and frozen rows, as a quote or an offer uses it. Smoothing is off: the others don't know it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from time import process_time
from typing import Any

from domain.annuity import equal_installment, repay_equally
from domain.calendar import Period, add_months
from domain.disclosure import hypothetical
from domain.position import Position
from domain.rates import Factors
from domain.terms import Terms

PRINCIPAL, RATE, MONTHS = 30_000_000, Decimal("6.5"), 360
TERMS = Terms(currency="USD", installments=MONTHS, annual_rate=RATE, smoothing=False)
START = date(2024, 1, 1)
SECONDS = 0.4

Rows = Sequence[tuple[int, int]]  # principal and interest in cents


@dataclass(frozen=True)
class Contender:
    """`compute` is timed; `rows` turns what it gives into cents, and is not."""

    compute: Callable[[], Any]
    rows: Callable[[Any], Rows]


def exact() -> Rows:
    """In rational numbers, rounded where the rules say: the installment, and each row's interest."""
    rate, balance, rows = Fraction(RATE) / 1200, PRINCIPAL, []
    installment = round(PRINCIPAL * rate / (1 - (1 + rate) ** -MONTHS))
    for month in range(1, MONTHS + 1):
        interest = round(balance * rate)
        principal = balance if month == MONTHS else installment - interest
        balance -= principal
        rows.append((principal, interest))
    return rows


def figures() -> tuple[list[int], list[int]]:
    month = Period(START, add_months(START, 1))
    factors = Factors(TERMS, RATE, [month])
    each = [factors.whole(month)] * MONTHS
    installment = equal_installment(PRINCIPAL, each, factors.scale)
    principals, interests, _ = repay_equally(PRINCIPAL, each, factors.scale, installment)
    principals[-1] += PRINCIPAL - sum(principals)
    return principals, interests


def whole_position() -> Position:
    return hypothetical(TERMS, PRINCIPAL, START)


OURS = {
    "figures": Contender(figures, lambda columns: list(zip(*columns, strict=True))),
    "position": Contender(whole_position, lambda now: [(row.principal, row.interest) for row in now.installments]),
}


def mortgagemath() -> Contender:
    library = import_module("mortgagemath")
    loan = library.us_30_year_fixed(Decimal(PRINCIPAL) / 100, RATE)
    return Contender(
        lambda: library.amortization_schedule(loan),
        lambda rows: [(int(row.principal * 100), int(row.interest * 100)) for row in rows[1:]],
    )


def amortization() -> Contender:
    schedule = import_module("amortization.schedule").amortization_schedule
    return Contender(
        lambda: list(schedule(PRINCIPAL / 100, float(RATE) / 100, MONTHS)),
        lambda rows: [(round(row.principal * 100), round(row.interest * 100)) for row in rows],
    )


def numpy_financial() -> Contender:
    library, numpy = import_module("numpy_financial"), import_module("numpy")
    rate, months = float(RATE) / 1200, numpy.arange(1, MONTHS + 1)

    def compute() -> tuple[Any, Any]:
        amount = -PRINCIPAL / 100
        return library.ppmt(rate, months, MONTHS, amount), library.ipmt(rate, months, MONTHS, amount)

    def rows(columns: tuple[Any, Any]) -> Rows:
        principal, interest = (column.tolist() for column in columns)
        return [(round(p * 100), round(i * 100)) for p, i in zip(principal, interest, strict=True)]

    return Contender(compute, rows)


OTHERS = {"mortgagemath": mortgagemath, "amortization": amortization, "numpy_financial": numpy_financial}


def per_second(compute: Callable[[], Any]) -> float:
    compute()
    best, began = 0.0, process_time()
    while process_time() - began < SECONDS * 5:
        count, start = 0, process_time()
        while process_time() - start < SECONDS:
            compute()
            count += 1
        best = max(best, count / (process_time() - start))
    return best


def cents_off(rows: Rows) -> int:
    return sum(abs(p - q) + abs(i - j) for (p, i), (q, j) in zip(rows, exact(), strict=True))


def main() -> None:
    contenders = OURS | {name: make() for name, make in OTHERS.items() if find_spec(name)}
    speeds = {name: per_second(contender.compute) for name, contender in contenders.items()}
    print(f"{'':18}{'a second':>10}{'cents off':>11}   figures is faster by")
    for name, contender in contenders.items():
        off = cents_off(contender.rows(contender.compute()))
        print(f"{name:18}{speeds[name]:>10.0f}{off:>11}   {speeds['figures'] / speeds[name]:.1f}x")
    for name in OTHERS.keys() - contenders.keys():
        print(f"{name}: not installed (make bench installs it)")


if __name__ == "__main__":
    main()
