"""Penalty interest: overdue principal bears it from the day after the due date until somebody pays."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accrual import accrual_lines
from domain.allocation import AllocationRule
from domain.calendar import days_30e_360, days_by_year_length
from domain.conventions import DayCount, ScheduleKind
from domain.errors import InvalidValue
from domain.position import Position, position
from domain.rates import day_number, days_a_year
from domain.terms import PenaltyInterest, Recalculation, Terms
from domain.transaction import Component, Transaction, TransactionKind
from tests.domain.diary import after, fact, on, payment, payoff, payout, penalty, reversal, written
from tests.domain.products import START, penalty_rules, products
from tests.examples import tried_on

TEN_PERCENT = PenaltyInterest(annual_rate=Decimal(10))
DUE = "2026-02-15"

# 3,000.00 without interest, in three equal parts: 1,000.00 is due on 15 February, 15 March and 15 April.
PLAIN = Terms(
    currency="USD",
    installments=3,
    annual_rate=Decimal(0),
    kind=ScheduleKind.EQUAL_PRINCIPAL,
    day_count=DayCount.ACT_365F,
    penalty_interest=TEN_PERCENT,
)
LENT = payout("2026-01-15", 3_000_00)


def penalties(now: Position) -> list[int]:
    return [row.penalties for row in now.installments]


# --- with a pencil ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "charged"),
    [
        ("2026-02-15", [0, 0, 0]),  # due today, so not late
        ("2026-02-16", [27, 0, 0]),  # 1,000.00 x 10% x 1/365 = 0.27
        ("2026-03-15", [7_67, 0, 0]),  # x 28/365 = 7.67; the second is due today
        ("2026-03-17", [8_22, 55, 0]),  # x 30/365 = 8.22, and of the second x 2/365 = 0.55
        ("2026-05-15", [24_38, 16_71, 8_22]),  # 89, 61 and 30 days
    ],
)
def test_each_overdue_installment_bears_its_own_day_by_day(day: str, charged: list[int]) -> None:
    now = after(PLAIN, LENT, as_of=day)
    assert penalties(now) == charged
    assert now.totals.penalties_charged == now.penalties == sum(charged)
    assert now.payoff == 3_000_00 + sum(charged)


@pytest.mark.parametrize(
    ("day_count", "charged"),
    [
        (DayCount.ACT_360, 18_33),  # 66/360
        (DayCount.ACT_364, 18_13),  # 66/364
        (DayCount.ACT_365F, 18_08),  # 66/365
        (DayCount.ACT_ACT, 18_06),  # 31/365 to the end of the year, and 35/366
        (DayCount.THIRTY_360, 17_78),  # two months and four days: 64/360
        (DayCount.THIRTY_ACT, 17_51),  # a month of 30/365 to the end of the year, and 34/366
    ],
)
def test_days_are_counted_as_the_loan_counts_them(day_count: DayCount, charged: int) -> None:
    """1,000.00 at 10 percent from 30 November 2027 to 4 February 2028, a leap year."""
    terms = replace(PLAIN, installments=1, day_count=day_count)
    now = after(terms, payout("2027-10-30", 1_000_00), as_of="2028-02-04")
    assert penalties(now) == [charged]


def test_days_of_grace_bear_nothing_not_even_afterwards() -> None:
    terms = replace(PLAIN, penalty_interest=PenaltyInterest(annual_rate=Decimal(10), grace_days=5))
    assert after(terms, LENT, as_of="2026-02-20").penalties == 0
    assert after(terms, LENT, as_of="2026-02-21").penalties == 27
    assert after(terms, LENT, as_of="2026-03-22").penalties == 8_22 + 55


def test_what_is_within_the_tolerance_is_not_overdue_and_bears_nothing() -> None:
    terms = replace(PLAIN, overdue_tolerance=50_00)
    now = after(terms, LENT, payment(DUE, 950_00), as_of="2026-03-15")
    assert (penalties(now), now.overdue) == ([0, 0, 0], 0)


def test_a_late_payment_pays_it_first_and_stops_what_it_pays_off() -> None:
    """On the tenth day 2.74 is owed beside the 1,000.00. What is left then, 500.00, bears 10/365 more: 1.37."""
    ten_days = after(PLAIN, LENT, payment("2026-02-25", 502_74), as_of="2026-02-25")
    assert (ten_days.installments[0].penalties_paid, ten_days.installments[0].principal_paid) == (2_74, 500_00)
    assert after(PLAIN, LENT, payment("2026-02-25", 502_74), as_of="2026-03-07").penalties == 1_37
    paid = after(PLAIN, LENT, payment("2026-02-25", 1_002_74), as_of="2026-03-15")
    assert (penalties(paid), paid.penalties) == ([2_74, 0, 0], 0)


def test_penalties_bear_no_penalty_interest() -> None:
    terms = replace(PLAIN, allocation=principal_first())
    now = after(terms, LENT, payment("2026-02-25", 1_000_00), penalty("2026-02-25", 30_00), as_of="2026-03-15")
    assert (now.installments[0].penalties, now.installments[0].principal_paid) == (2_74, 1_000_00)
    assert now.penalties == 32_74


def principal_first() -> AllocationRule:
    slots = PLAIN.allocation.slots
    return replace(PLAIN.allocation, slots=tuple(sorted(slots, key=lambda slot: slot.component != Component.PRINCIPAL)))


def test_a_back_dated_payment_takes_back_what_should_not_have_been_charged() -> None:
    late = written([LENT, payment("2026-03-05", 1_000_00)])
    assert position(PLAIN, late, on("2026-03-07")).totals.penalties_charged == 4_93  # 18 days; the 4.93 left bear 0.00
    found = written([LENT, payment("2026-03-05", 1_000_00), payment(DUE, 1_000_00)])
    now = position(PLAIN, found, on("2026-03-07"))
    assert now.totals.penalties_charged == 0
    assert [split.penalties for split in now.splits] == [0, 0, 0]


def test_a_reversal_brings_it_back() -> None:
    never = after(PLAIN, LENT, as_of="2026-03-17")
    undone = after(PLAIN, LENT, payment(DUE, 1_000_00), reversal("2026-03-01", 2), as_of="2026-03-17")
    assert penalties(undone) == penalties(never) == [8_22, 55, 0]


def test_what_is_waived_stays_waived_and_the_days_after_bear_on() -> None:
    waiver = fact(TransactionKind.WAIVER, "2026-02-25", 2_74, component=Component.PENALTY)
    now = after(PLAIN, LENT, waiver, as_of="2026-03-15")
    assert (now.totals.penalties_charged, now.totals.penalties_waived, now.penalties) == (7_67, 2_74, 4_93)


def test_a_charge_off_freezes_it() -> None:
    lost = after(PLAIN, LENT, fact(TransactionKind.CHARGE_OFF, "2026-03-17"), as_of="2026-12-31")
    assert (penalties(lost), lost.totals.penalties_charged_off) == ([8_22, 55, 0], 8_77)


def test_a_payoff_pays_it_to_the_day() -> None:
    closed = after(PLAIN, LENT, payoff("2026-03-17", 3_008_77), as_of="2027-01-01")
    assert (closed.settled, closed.credit, closed.totals.penalties_paid) == (True, 0, 8_77)


def test_it_comes_on_top_of_interest_on_overdue_principal() -> None:
    terms = replace(PLAIN, annual_rate=Decimal(12), recalculation=Recalculation())
    with_it, without = (
        after(each, LENT, as_of="2026-03-17") for each in (terms, replace(terms, penalty_interest=None))
    )
    assert with_it.totals.interest_accrued == without.totals.interest_accrued
    assert with_it.penalties == 8_22 + 55


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("annual_rate", {"annual_rate": Decimal(0)}),
        ("annual_rate", {"annual_rate": Decimal(-1)}),
        ("annual_rate", {"annual_rate": Decimal(1001)}),
        ("annual_rate", {"annual_rate": Decimal("NaN")}),
        ("grace_days", {"annual_rate": Decimal(1), "grace_days": -1}),
        ("grace_days", {"annual_rate": Decimal(1), "grace_days": 1_000_000}),
    ],
)
def test_nonsense_is_refused_at_birth(field: str, changes: dict[str, Decimal | int]) -> None:
    with pytest.raises(InvalidValue, match=field):
        PenaltyInterest(**changes)  # type: ignore[arg-type]


# --- through any life -------------------------------------------------------------------------------------------------

KINDS = [
    TransactionKind.PAYMENT,
    TransactionKind.PAYOFF,
    TransactionKind.FEE,
    TransactionKind.PENALTY,
    TransactionKind.WAIVER,
    TransactionKind.DISBURSEMENT,
    TransactionKind.CREDIT_REFUND,
    TransactionKind.CHARGE_OFF,
]
step = st.tuples(st.integers(0, 50), st.sampled_from(KINDS), st.one_of(st.integers(1, 900), st.integers(1, 300_000)))
life = st.lists(step, max_size=6)
ANY = tried_on(100)


def diary(amount: int, steps: list[tuple[int, TransactionKind, int]], terms: Terms) -> list[Transaction]:
    """What the loan takes of it: a payout after the last due date is refused."""
    today, facts = START, [payout(START, amount)]
    for days, kind, size in steps:
        today += timedelta(days)
        try:
            position(terms, written([*facts, fact(kind, today, size)]), today)
        except InvalidValue:
            continue
        facts.append(fact(kind, today, size))
    return written(facts)


@given(terms=products(st.integers(1, 18)), rule=penalty_rules, amount=st.integers(100, 1_000_000), steps=life)
@ANY
def test_lines_agree_with_the_fold_on_every_day(
    terms: Terms, rule: PenaltyInterest, amount: int, steps: list[tuple[int, TransactionKind, int]]
) -> None:
    terms = replace(terms, penalty_interest=rule, overdue_tolerance=amount % 7)
    facts = diary(amount, steps, terms)
    today = facts[-1].effective_date
    charged = position(terms, facts, today).totals.penalties_charged
    for line in accrual_lines(terms, facts, today):
        for day in {line.start, line.start + timedelta(1), min(line.until, today + timedelta(200))}:
            if line.start <= day <= line.until:
                foretold = line.penalties.charged_on(day) if line.penalties else charged
                assert foretold == position(terms, facts, day).totals.penalties_charged


@given(terms=products(st.integers(1, 18)), rule=penalty_rules, amount=st.integers(100, 1_000_000), steps=life)
@ANY
def test_it_only_grows_and_never_past_what_is_overdue_without_payments(
    terms: Terms, rule: PenaltyInterest, amount: int, steps: list[tuple[int, TransactionKind, int]]
) -> None:
    terms = replace(terms, penalty_interest=rule)
    facts = diary(amount, steps, terms)
    before = position(terms, facts, facts[-1].effective_date)
    for days in (1, 2, 30, 365):
        now = position(terms, facts, facts[-1].effective_date + timedelta(days))
        assert now.totals.penalties_charged >= before.totals.penalties_charged
        assert now.penalties >= 0
        assert all(row.outstanding >= 0 for row in now.installments)
        before = now


@given(terms=products(st.integers(1, 18)), rule=penalty_rules, amount=st.integers(100, 1_000_000), steps=life)
@ANY
def test_a_reversal_restores_every_penalty(
    terms: Terms, rule: PenaltyInterest, amount: int, steps: list[tuple[int, TransactionKind, int]]
) -> None:
    terms = replace(terms, penalty_interest=rule)
    facts = diary(amount, steps, terms)
    later = facts[-1].effective_date + timedelta(20)
    undone = written([*facts, payment(later, 5_000), reversal(later, len(facts) + 1)])
    assert position(terms, undone, later + timedelta(9)) == position(terms, facts, later + timedelta(9))


# --- how days are numbered --------------------------------------------------------------------------------------------

somewhen = st.dates(date(1999, 1, 1), date(2101, 1, 1))


@given(start=somewhen, days=st.integers(0, 2_000))
def test_numbers_differ_by_the_days_between(start: date, days: int) -> None:
    end = start + timedelta(days)

    def between(count: DayCount) -> int:
        return day_number(count, end) - day_number(count, start)

    ordinary, leap = days_by_year_length(start, end, lambda year: date(year, 12, 31))
    assert between(DayCount.ACT_360) == days
    assert between(DayCount.THIRTY_360) == days_30e_360(start, end)
    assert between(DayCount.ACT_ACT) == ordinary * 366 + leap * 365


@pytest.mark.parametrize("year", [1999, 2000, 2001, 2100])
def test_months_of_thirty_days_in_years_of_their_length(year: int) -> None:
    whole = day_number(DayCount.THIRTY_ACT, date(year, 12, 31)) - day_number(
        DayCount.THIRTY_ACT, date(year - 1, 12, 31)
    )
    assert whole == 360 * (365 if year == 2000 else 366)
    assert days_a_year(DayCount.THIRTY_ACT) == 365 * 366
