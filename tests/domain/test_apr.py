"""Rates that a borrower is told. Published examples stand in tests/reference."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.apr import UnitPeriodFlow, YearFlow, apr_actuarial, apr_eu
from domain.conventions import PeriodUnit, ScheduleKind
from domain.disclosure import disclosure
from domain.errors import InvalidValue
from domain.terms import Terms
from tests.domain.diary import on

PLAIN = Terms(currency="USD", installments=12, annual_rate=Decimal(12))


def test_a_loan_without_fees_costs_about_its_rate_by_regulation_z() -> None:
    figures = disclosure(PLAIN, 1_000_000, on("2024-01-01"))
    assert figures.apr == Decimal("12.00")
    assert figures.apr_eu == Decimal("12.68")


def test_prepaid_fees_raise_the_rate_and_are_part_of_the_charge() -> None:
    without, with_fees = (disclosure(PLAIN, 1_000_000, on("2024-01-01"), fees=fees) for fees in (0, 20_000))
    assert with_fees.apr > without.apr
    assert with_fees.amount_financed == 980_000
    assert with_fees.finance_charge == without.finance_charge + 20_000
    assert with_fees.total_of_payments == without.total_of_payments == 980_000 + with_fees.finance_charge


def test_a_loan_without_any_cost_has_a_rate_of_nothing() -> None:
    figures = disclosure(replace(PLAIN, annual_rate=Decimal(0)), 120_000, on("2024-01-01"))
    assert (figures.apr, figures.apr_eu, figures.finance_charge) == (Decimal(0), Decimal(0), 0)


def test_the_largest_installment_is_named() -> None:
    assert disclosure(PLAIN, 1_000_000, on("2024-01-01")).largest_installment == 88_849


@pytest.mark.parametrize(
    ("unit", "every", "count", "start"),
    [
        (PeriodUnit.DAYS, 10, 30, "2024-01-01"),
        (PeriodUnit.WEEKS, 2, 26, "2024-01-01"),
        (PeriodUnit.MONTHS, 3, 8, "2024-01-01"),
        (PeriodUnit.YEARS, 1, 5, "2024-01-01"),
        (PeriodUnit.SEMI_MONTHS, 1, 24, "2024-01-01"),
    ],
)
def test_every_rhythm_has_a_rate_near_its_nominal_one(unit: PeriodUnit, every: int, count: int, start: str) -> None:
    terms = replace(PLAIN, unit=unit, every=every, installments=count)
    assert abs(disclosure(terms, 10_000_000, on(start)).apr - 12) < Decimal("0.35")


def test_a_single_payment_is_measured_in_one_unit_period_of_its_term() -> None:
    terms = replace(PLAIN, kind=ScheduleKind.BULLET, installments=6)
    assert disclosure(terms, 1_000_000, on("2024-01-01")).apr == Decimal("12.00")
    longer = replace(PLAIN, kind=ScheduleKind.BULLET, installments=18)
    assert disclosure(longer, 1_000_000, on("2024-01-01")).apr < 12


def test_an_odd_first_period_is_counted_in_odd_days() -> None:
    terms = replace(PLAIN, first_due_date=on("2024-02-16"))
    assert abs(disclosure(terms, 1_000_000, on("2024-01-01")).apr - 12) < Decimal("0.05")


def test_rates_are_found_far_from_the_ordinary() -> None:
    dear = apr_eu([YearFlow(Decimal(150), Decimal(0))], [YearFlow(Decimal("191.99"), Decimal(9) / Decimal("365.25"))])
    assert abs(dear - Decimal("2238723.9")) < Decimal("0.05")
    negative = apr_eu([YearFlow(Decimal(100), Decimal(0))], [YearFlow(Decimal(90), Decimal(1))])
    assert round(negative, 6) == -10


def test_payments_that_come_to_no_rate_are_refused() -> None:
    with pytest.raises(InvalidValue, match="payments"):
        apr_actuarial([UnitPeriodFlow(Decimal(100), 0)], [UnitPeriodFlow(Decimal(0), 1)], Decimal(12))
    with pytest.raises(InvalidValue, match="payments"):
        apr_eu([YearFlow(Decimal(100), Decimal(0))], [YearFlow(Decimal(500), Decimal(0))])


@pytest.mark.parametrize(
    ("amount", "fees", "field"), [(0, 0, "amount"), (-5, 0, "amount"), (100, 100, "fees"), (100, -1, "fees")]
)
def test_a_quote_of_nothing_is_refused(amount: int, fees: int, field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        disclosure(PLAIN, amount, on("2024-01-01"), fees=fees)
    assert refusal.value.field == field


def test_the_smallest_loan_has_a_rate_too() -> None:
    figures = disclosure(PLAIN, 1, on("2024-01-01"))
    assert (figures.total_of_payments, figures.apr) == (1, 0)  # type: ignore[comparison-overlap]  # a Decimal zero is an int zero
