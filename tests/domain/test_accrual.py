"""What a loan earns by any day, as a line, is what the fold says it has earned by that day."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.accrual import MOST_LINES, accrual_lines
from domain.conventions import DayCount, InterestPeriod
from domain.position import position
from domain.terms import Recalculation, Terms
from domain.transaction import TransactionKind
from tests.domain.diary import fact, on, payment, payout, written
from tests.domain.products import START, products
from tests.examples import tried_on

PLAIN = Terms(currency="USD", installments=12, annual_rate=Decimal("11.9"), day_count=DayCount.ACT_365F)
KINDS = [
    TransactionKind.PAYMENT,
    TransactionKind.PAYOFF,
    TransactionKind.FEE,
    TransactionKind.PENALTY,
    TransactionKind.WAIVER,
    TransactionKind.GOODWILL_CREDIT,
    TransactionKind.RATE_CHANGE,
    TransactionKind.CHARGE_OFF,
]


step = st.tuples(st.integers(0, 50), st.sampled_from(KINDS), st.one_of(st.integers(1, 900), st.integers(1, 300_000)))


@given(terms=products(st.integers(1, 18)), amount=st.integers(100, 1_000_000), steps=st.lists(step, max_size=6))
@tried_on(100)
def test_lines_agree_with_the_fold_through_any_life(
    terms: Terms, amount: int, steps: list[tuple[int, TransactionKind, int]]
) -> None:
    today, facts = START, [payout(START, amount)]
    for days, kind, size in steps:
        today += timedelta(days)
        facts.append(fact(kind, today, size, annual_rate=Decimal(9) if kind is TransactionKind.RATE_CHANGE else None))
        life = written(facts)
        for line in accrual_lines(terms, life, today):
            for day in {line.start, line.start + timedelta(1), min(line.until, today + timedelta(200))}:
                if line.start <= day <= line.until:
                    assert line.earned_on(day) == position(terms, life, day).totals.interest_accrued


def test_a_line_lasts_until_the_due_date_and_the_next_begins_there() -> None:
    lines = accrual_lines(PLAIN, written([payout("2026-01-15", 100_000)]), on("2026-01-20"))
    assert [(line.start, line.until) for line in lines] == [
        (on("2026-01-20"), on("2026-02-14")),
        (on("2026-02-15"), on("2026-03-14")),
    ]


def test_a_line_ends_where_the_length_of_the_year_changes() -> None:
    terms = replace(PLAIN, day_count=DayCount.ACT_ACT)
    lines = accrual_lines(terms, written([payout("2027-12-15", 100_000)]), on("2027-12-20"))
    assert lines[0].until == on("2027-12-31")


def test_interest_by_whole_periods_jumps_on_the_due_date() -> None:
    terms = replace(
        PLAIN,
        day_count=DayCount.THIRTY_360,
        interest_period=InterestPeriod.SAME_AS_REPAYMENT,
        partial_periods_by_days=False,
        recalculation=Recalculation(),
    )
    lines = accrual_lines(terms, written([payout("2026-01-15", 100_000)]), on("2026-01-20"))
    assert [(line.until, line.earned_on(line.until)) for line in lines] == [
        (on("2026-02-14"), 0),
        (on("2026-03-14"), 992),
    ]


def test_a_settled_loan_earns_nothing_for_ever() -> None:
    facts = written([payout("2026-01-15", 100_000), payment("2026-01-15", 200_000)])
    lines = accrual_lines(replace(PLAIN, recalculation=Recalculation()), facts, on("2026-01-15"))
    assert all(line.earned_on(line.until) == 0 for line in lines)


def test_only_a_few_rows_ahead_are_written_down() -> None:
    long = replace(PLAIN, installments=360)
    assert len(accrual_lines(long, written([payout("2026-01-15", 100_000)]), on("2026-01-15"))) == MOST_LINES
