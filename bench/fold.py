"""How long it takes to fold a long loan: 360 months, 400 transactions."""

import cProfile
import pstats
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from statistics import median
from time import process_time

from domain.calendar import add_months
from domain.position import position
from domain.terms import Recalculation, Terms
from domain.transaction import Transaction, TransactionKind

START = date(2024, 1, 31)
TERMS = Terms(currency="USD", installments=360, annual_rate=Decimal("6.5"))
INSTALLMENT = 189_620


def life(months: int) -> list[Transaction]:
    """A payout, a payment a month, and every nine months an extra payment off the due date."""
    days = [(START, TransactionKind.DISBURSEMENT, 30_000_000)]
    days += [(add_months(START, k), TransactionKind.PAYMENT, INSTALLMENT) for k in range(1, months + 1)]
    days += [(add_months(START, 9 * k, 12), TransactionKind.PAYMENT, 500) for k in range(1, 40)]
    return [
        Transaction(
            number=number,
            kind=kind,
            effective_date=day,
            booked_at=datetime.combine(day, time(), UTC),
            operation_id=str(number),
            amount=amount,
        )
        for number, (day, kind, amount) in enumerate(sorted(days, key=lambda entry: entry[0]), 1)
    ]


def milliseconds(terms: Terms, facts: list[Transaction], as_of: date, rounds: int = 15) -> float:
    times = []
    for _ in range(rounds):
        began = process_time()
        position(terms, facts, as_of)
        times.append((process_time() - began) * 1000)
    return median(times)


def main() -> None:
    facts, end = life(360), add_months(START, 361)
    print(f"{len(facts)} transactions on {TERMS.installments} rows")
    for name, terms in (
        ("schedule's interest", TERMS),
        ("daily recalculation", replace(TERMS, recalculation=Recalculation())),
    ):
        print(f"  {name}: {milliseconds(terms, facts, end):.1f} ms a fold")


if __name__ == "__main__":
    if "--profile" in sys.argv:
        facts = life(360)
        with cProfile.Profile() as profile:
            for _ in range(10):
                position(
                    TERMS if "--fixed" in sys.argv else replace(TERMS, recalculation=Recalculation()),
                    facts,
                    add_months(START, 361),
                )
        pstats.Stats(profile).sort_stats("tottime").print_stats(22)
    else:
        main()
