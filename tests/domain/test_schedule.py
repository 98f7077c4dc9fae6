"""What falls due when. Figures of whole tables stand in tests/reference; here is one rule a test."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.conventions import DayCount, OddFirstPeriod, PeriodUnit, ScheduleKind
from domain.disclosure import hypothetical
from domain.errors import InvalidValue
from domain.position import Installment
from domain.row import RowKind
from domain.terms import Terms
from domain.transaction import TransactionKind
from tests.domain.diary import after, fact, on, payout

PLAIN = Terms(currency="USD", installments=4, annual_rate=Decimal(12))


def rows(amount: int = 100_000, start: str = "2024-01-01", **options: Any) -> tuple[Installment, ...]:
    return hypothetical(replace(PLAIN, **options), amount, on(start)).installments


def dues(installments: tuple[Installment, ...]) -> list[int]:
    return [row.due for row in installments]


def test_equal_installments_come_to_the_same_and_the_last_row_takes_the_rest() -> None:
    schedule = rows()
    assert dues(schedule) == [25_628, 25_628, 25_628, 25_629]
    assert [row.interest for row in schedule] == [1_000, 754, 505, 254]
    assert [row.balance_after for row in schedule] == [75_372, 50_498, 25_375, 0]


def test_equal_principal_divides_the_principal_and_lets_interest_fall() -> None:
    schedule = rows(100_001, kind=ScheduleKind.EQUAL_PRINCIPAL)
    assert [row.principal for row in schedule] == [25_000, 25_000, 25_000, 25_001]
    assert [row.interest for row in schedule] == [1_000, 750, 500, 250]


def test_flat_interest_is_on_the_original_principal() -> None:
    schedule = rows(kind=ScheduleKind.FLAT)
    assert [row.interest for row in schedule] == [1_000] * 4
    assert dues(schedule) == [26_000] * 4


def test_without_interest_the_last_row_takes_the_odd_cent() -> None:
    assert dues(rows(10_001, annual_rate=Decimal(0), installments=3)) == [3_334, 3_334, 3_333]


def test_interest_only_pays_the_principal_at_the_end() -> None:
    schedule = rows(kind=ScheduleKind.INTEREST_ONLY)
    assert [(row.principal, row.interest) for row in schedule] == [(0, 1_000)] * 3 + [(100_000, 1_000)]


def test_a_bullet_pays_everything_in_one_row() -> None:
    (row,) = rows(kind=ScheduleKind.BULLET)
    assert (row.due_date, row.principal, row.interest) == (on("2024-05-01"), 100_000, 4_000)


@pytest.mark.parametrize("options", [{"balloon_amount": 40_000}, {"balloon_percent": Decimal(40)}])
def test_a_balloon_is_left_for_the_last_row(options: dict[str, Any]) -> None:
    *regular, last = rows(**options)
    assert dues(tuple(regular)) == [15_777] * 3
    assert last.due == pytest.approx(15_777 + 40_000, abs=3)


def test_a_balloon_goes_with_equal_principal_too() -> None:
    assert [row.principal for row in rows(kind=ScheduleKind.EQUAL_PRINCIPAL, balloon_amount=40_000)] == [
        15_000,
        15_000,
        15_000,
        55_000,
    ]


def test_a_balloon_above_the_principal_is_refused() -> None:
    with pytest.raises(InvalidValue, match="balloon_amount: is more than the principal"):
        rows(balloon_amount=100_001)


def test_grace_on_principal_gives_rows_of_interest_alone() -> None:
    schedule = rows(grace_on_principal=2)
    assert [row.principal for row in schedule[:2]] == [0, 0]
    assert dues(schedule) == [1_000, 1_000, 50_751, 50_751]


def test_grace_on_interest_payment_moves_interest_to_the_first_row_after() -> None:
    with_grace, without = rows(grace_on_interest_payment=2), rows()
    assert [row.interest for row in with_grace] == [0, 0, 1_000 + 754 + 505, 254]
    assert [row.principal for row in with_grace] == [row.principal for row in without]


def test_interest_free_rows_cost_nothing() -> None:
    schedule = rows(interest_free_installments=2)
    assert [row.interest for row in schedule[:2]] == [0, 0]
    assert schedule[0].due == schedule[1].due == schedule[2].due


def test_an_odd_first_period_costs_its_days() -> None:
    first, *_ = rows(first_due_date=on("2024-02-16"))
    assert first.interest == 1_500


def test_an_odd_first_period_may_cost_as_much_as_any_other() -> None:
    schedule = rows(first_due_date=on("2024-02-16"), odd_first_period=OddFirstPeriod.KEPT_EQUAL)
    assert schedule[0].interest == 1_000
    assert dues(schedule) == dues(rows())


def test_the_interest_of_odd_days_may_be_a_row_of_its_own() -> None:
    broken, *regular = rows(first_due_date=on("2024-02-16"), odd_first_period=OddFirstPeriod.SEPARATE_ROW)
    assert (broken.kind, broken.due_date, broken.due) == (RowKind.BROKEN_PERIOD, on("2024-01-16"), 500)
    assert dues(tuple(regular)) == dues(rows())


def test_a_first_period_that_is_too_dear_for_its_installment_carries_interest_on() -> None:
    first, second, *_ = rows(first_due_date=on("2034-01-01"))
    assert (first.principal, second.principal) == (0, 0)
    assert first.due == second.due == second.interest


def test_a_down_payment_is_a_row_on_the_day_of_the_payout() -> None:
    first, *regular = rows(down_payment_percent=Decimal(25))
    assert (first.kind, first.due_date, first.due) == (RowKind.DOWN_PAYMENT, on("2024-01-01"), 25_000)
    assert sum(row.principal for row in regular) == 75_000


def test_an_installment_is_rounded_to_the_products_multiple() -> None:
    assert dues(rows(installment_multiple=100)) == [25_600, 25_600, 25_600, 25_715]


def test_a_multiple_that_would_leave_nothing_is_ignored() -> None:
    assert dues(rows(100, annual_rate=Decimal(0), installment_multiple=100)) == [25, 25, 25, 25]


def test_smoothing_brings_the_last_installment_nearer() -> None:
    plain, smooth = (rows(10_000_000, installments=60, smoothing=on_) for on_ in (False, True))
    gap = [abs(schedule[-1].due - schedule[-2].due) for schedule in (plain, smooth)]
    assert gap[1] <= gap[0]


def test_a_given_installment_is_kept_and_the_loan_ends_when_it_is_repaid() -> None:
    schedule = rows(installment_amount=40_000)
    assert dues(schedule) == [40_000, 40_000, 21_826, 0]
    assert sum(row.principal for row in schedule) == 100_000


def test_an_installment_below_the_interest_is_refused_unless_the_product_allows_it() -> None:
    with pytest.raises(InvalidValue, match="installment_amount"):
        rows(installment_amount=900)
    schedule = rows(installment_amount=900, negative_amortization=True)
    assert [row.principal for row in schedule] == [0, 0, 0, 100_000]
    assert [row.interest for row in schedule] == [900, 900, 900, 1_300]


def test_a_later_payout_spreads_what_is_owed_over_the_rows_to_come() -> None:
    facts = [payout("2024-01-01", 100_000), payout("2024-02-15", 30_000)]
    first, *later = after(PLAIN, *facts, as_of="2024-02-15").installments
    assert first.due == 25_628
    assert sum(row.principal for row in later) == 130_000 - first.principal
    assert later[0].interest == 754 + 155  # fifteen of the twenty-nine days of February on the new money


def test_a_planned_payout_shapes_the_rows_and_nothing_else() -> None:
    planned = fact(TransactionKind.PLANNED_DISBURSEMENT, "2024-02-15", 30_000)
    now = after(PLAIN, payout("2024-01-01", 100_000), planned, as_of="2024-01-01")
    made = after(PLAIN, payout("2024-01-01", 100_000), payout("2024-02-15", 30_000), as_of="2024-02-15")
    assert now.installments == made.installments
    assert (now.principal, now.totals.disbursed) == (100_000, 100_000)


def test_a_change_of_rate_prices_the_rows_to_come() -> None:
    change = fact(TransactionKind.RATE_CHANGE, "2024-02-01", annual_rate=Decimal(24))
    first, second, *_ = after(PLAIN, payout("2024-01-01", 100_000), change, as_of="2024-02-01").installments
    assert (first.interest, second.interest) == (1_000, 1_507)


@pytest.mark.parametrize(("currency", "last_digit"), [("JPY", 1), ("USD", 100), ("KWD", 1000)])
def test_rows_are_whole_minor_units_of_any_currency(currency: str, last_digit: int) -> None:
    schedule = rows(100_000 * last_digit, currency=currency)
    assert sum(row.principal for row in schedule) == 100_000 * last_digit


@pytest.mark.parametrize(
    ("day_count", "interest"),
    [(DayCount.ACT_360, 1_033), (DayCount.ACT_364, 1_022), (DayCount.ACT_365F, 1_019), (DayCount.ACT_ACT, 1_016)],
)
def test_the_day_count_decides_the_interest_of_january(day_count: DayCount, interest: int) -> None:
    assert rows(day_count=day_count)[0].interest == interest


def test_rows_may_fall_due_every_other_week() -> None:
    schedule = rows(unit=PeriodUnit.WEEKS, every=2)
    assert [row.due_date.isoformat() for row in schedule] == ["2024-01-15", "2024-01-29", "2024-02-12", "2024-02-26"]
    assert schedule[0].interest == 467
