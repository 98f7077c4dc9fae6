"""Any product that validates, for hypothesis."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from domain.allocation import AllocationRule, Direction, FutureRule, Slot
from domain.conventions import (
    DayCount,
    InterestPeriod,
    LeapYear,
    OddFirstPeriod,
    PayoffInterest,
    PeriodUnit,
    RateKind,
    Roll,
    ScheduleKind,
    YearEndCut,
)
from domain.errors import InvalidValue
from domain.terms import PenaltyInterest, Recalculation, Terms

START = date(2024, 1, 31)

rates = st.decimals(0, 400, places=4)
counts = st.one_of(st.integers(1, 24), st.integers(1, 480))
amounts = st.one_of(st.integers(1, 1000), st.integers(1, 10**12))
rules = st.builds(
    AllocationRule,
    slots=st.permutations(list(Slot)).map(tuple),
    direction=st.sampled_from(Direction),
    future=st.sampled_from(FutureRule),
)
penalty_rules = st.builds(
    PenaltyInterest,
    annual_rate=st.decimals("0.01", 100, places=2),
    grace_days=st.one_of(st.just(0), st.integers(0, 40)),
)
# Less than half of any payout, so that rounding leaves something even of one cent.
fees: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "origination_fee_percent": st.decimals("0.01", 49, places=2),
            "origination_fee_deducted": st.booleans(),
        }
    ),
)


def _percents() -> st.SearchStrategy[Decimal]:
    return st.one_of(st.just(Decimal(0)), st.decimals(0, 99, places=2))


@st.composite
def products(draw: st.DrawFn, installments: st.SearchStrategy[int] = counts) -> Terms:
    """Options are drawn freely; what the terms refuse is drawn again."""
    while True:
        try:
            return _product(draw, draw(installments))
        except InvalidValue:
            continue


def _product(draw: st.DrawFn, installments: int) -> Terms:
    kind = draw(st.sampled_from(ScheduleKind))
    units = [unit for unit in PeriodUnit if unit != PeriodUnit.YEARS or installments <= 100]
    unit = draw(st.sampled_from(units))
    balloon = kind in (ScheduleKind.EQUAL_INSTALLMENTS, ScheduleKind.EQUAL_PRINCIPAL) and draw(st.booleans())
    recalculated = kind != ScheduleKind.FLAT and draw(st.booleans())
    payoffs = [PayoffInterest.TO_THE_DAY, PayoffInterest.TO_THE_DUE_DATE, PayoffInterest.SCHEDULED]
    most_grace = 0 if kind == ScheduleKind.BULLET else installments - 1
    grace = st.one_of(st.just(0), st.integers(0, most_grace))
    waits = draw(grace)
    if recalculated:
        payoffs = payoffs[:1] if waits else payoffs[:2]
    return Terms(
        currency=draw(st.sampled_from(["JPY", "USD", "KWD"])),
        installments=installments,
        annual_rate=draw(rates),
        kind=kind,
        rate_kind=draw(st.sampled_from(RateKind)),
        compounding=kind == ScheduleKind.BULLET and draw(st.booleans()),
        every=draw(st.integers(1, max(1, min(30, 36_600 // (installments * 366))))),
        unit=unit,
        first_due_date=draw(st.one_of(st.none(), st.integers(1, 90).map(lambda days: START + timedelta(days=days)))),
        roll=draw(st.sampled_from(Roll)) if unit != PeriodUnit.DAYS else Roll.NONE,
        weekend=draw(st.sampled_from([(), (5, 6), (4, 5)])),
        day_count=draw(st.sampled_from(DayCount)),
        interest_period=draw(st.sampled_from(InterestPeriod)),
        partial_periods_by_days=draw(st.booleans()),
        year_end_cut=draw(st.sampled_from(YearEndCut)),
        leap_year=draw(st.sampled_from(LeapYear)),
        grace_on_principal=draw(grace),
        grace_on_interest_payment=waits,
        interest_free_installments=draw(grace),
        odd_first_period=draw(st.sampled_from(OddFirstPeriod)),
        balloon_percent=draw(_percents()) if balloon else Decimal(0),
        down_payment_percent=draw(_percents()),
        down_payment_automatic=draw(st.booleans()),
        installment_multiple=draw(st.sampled_from([0, 0, 1, 100, 1000])),
        smoothing=draw(st.booleans()),
        allocation=draw(rules),
        recalculation=Recalculation(interest_on_overdue_principal=draw(st.booleans())) if recalculated else None,
        payoff_interest=draw(st.sampled_from(payoffs)),
        penalty_interest=draw(st.one_of(st.none(), penalty_rules)),
        **draw(fees),
    )
