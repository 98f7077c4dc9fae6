"""What holds for the schedule of any product, and an oracle in exact fractions for equal installments."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import given

from domain.conventions import DayCount
from domain.disclosure import hypothetical
from domain.terms import Terms
from tests.domain.products import START, amounts, products
from tests.examples import tried_on, tries

LOANS = tries(3_000)


@tried_on(400)
@given(terms=products(), amount=amounts)
def test_any_product_that_validates_has_a_sound_schedule(terms: Terms, amount: int) -> None:
    rows = hypothetical(terms, amount, START).installments
    assert sum(row.principal for row in rows) == amount
    assert rows[-1].balance_after == 0
    for row in rows:
        assert row.principal >= 0
        assert row.interest >= 0
        assert row.balance_after >= 0
    assert all(earlier.due_date <= later.due_date for earlier, later in pairwise(rows))
    assert len(rows) <= terms.installments + 2


@tried_on(100)
@given(terms=products(), amount=amounts)
def test_a_schedule_is_the_same_however_often_it_is_made(terms: Terms, amount: int) -> None:
    assert hypothetical(terms, amount, START) == hypothetical(terms, amount, START)


def exactly(principal: int, factors: list[Fraction], *, smoothing: bool) -> list[tuple[int, int]]:
    """Principal and interest of every row, by rational arithmetic and the rules as they are written down."""
    growth, weight = Fraction(1), Fraction(0)
    for rate in factors:
        growth *= 1 + rate
        weight = 1 + weight * (1 + rate)
    installment = round(principal * growth / weight)
    rows = repay(principal, factors, installment)
    for _ in range(3 if smoothing and len(factors) > 1 else 0):
        gap = sum(rows[-1]) - sum(rows[-2])
        if abs(gap) <= len(factors) // 2:
            break
        smoother = repay(principal, factors, installment + round(Fraction(gap, len(factors))))
        if abs(sum(smoother[-1]) - sum(smoother[-2])) >= abs(gap):
            break
        rows, installment = smoother, installment + round(Fraction(gap, len(factors)))
    return rows


def repay(balance: int, factors: list[Fraction], installment: int) -> list[tuple[int, int]]:
    rows, carried = [], 0
    for number, rate in enumerate(factors, 1):
        interest = round(balance * rate) + carried
        due = interest if number == len(factors) else min(interest, installment)
        carried = interest - due
        principal = balance if number == len(factors) else min(installment - due, balance)
        balance -= principal
        rows.append((principal, due))
    return rows


def test_equal_installments_differ_by_no_cent_from_exact_arithmetic() -> None:
    random = Random(20240131)  # noqa: S311  figures, not secrets
    for number in range(LOANS):
        terms = random_annuity(random, long=number % 100 == 0)
        amount, start = (
            random.randrange(1, 10 ** random.randrange(3, 12)),
            date(2020 + number % 9, 1 + number % 12, 1 + number % 28),
        )
        rows = hypothetical(terms, amount, start).installments
        year = {DayCount.THIRTY_360: 360, DayCount.ACT_360: 360, DayCount.ACT_365F: 365}[terms.day_count]
        days = [30 if terms.day_count == DayCount.THIRTY_360 else (r.due_date - r.start_date).days for r in rows]
        factors = [Fraction(terms.annual_rate) / 100 * Fraction(count, year) for count in days]
        expected = exactly(amount, factors, smoothing=terms.smoothing)
        assert [(row.principal, row.interest) for row in rows] == expected, (terms, amount, start)


def random_annuity(random: Random, *, long: bool) -> Terms:
    return Terms(
        currency="USD",
        installments=random.choice([360, 480]) if long else random.randrange(1, 61),
        annual_rate=Decimal(random.randrange(1, 4_000_000)) / 10_000
        if random.random() < 0.1
        else rate_of_today(random),
        day_count=random.choice([DayCount.THIRTY_360, DayCount.ACT_360, DayCount.ACT_365F]),
        smoothing=random.random() < 0.7,
    )


def rate_of_today(random: Random) -> Decimal:
    return Decimal(random.randrange(1, 320)) / 8


def test_an_exact_half_of_a_cent_goes_to_the_even_neighbour() -> None:
    terms = Terms(currency="USD", installments=1, annual_rate=Decimal(7))
    for balance in range(600, 600 * 200, 1200):  # balance * 7 / 1200 ends in one half
        half = Fraction(balance * 7, 1200)
        assert half.denominator == 2
        assert hypothetical(terms, balance, START).installments[0].interest == round(half)
