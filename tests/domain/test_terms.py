from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from domain.allocation import AllocationOverride, AllocationRule, Direction, FutureRule, Slot
from domain.conventions import DayCount, OddFirstPeriod, PayoffInterest, PeriodUnit, Roll, ScheduleKind
from domain.errors import InvalidValue
from domain.terms import Recalculation, Terms
from domain.transaction import TransactionKind

PLAIN = Terms(currency="USD", installments=12, annual_rate=Decimal(12))


def test_three_facts_make_a_monthly_annuity_of_thirty_day_months() -> None:
    assert (PLAIN.kind, PLAIN.every, PLAIN.unit) == (ScheduleKind.EQUAL_INSTALLMENTS, 1, PeriodUnit.MONTHS)
    assert PLAIN.day_count == DayCount.THIRTY_360
    assert PLAIN.allocation.slots[:4] == (
        Slot.PAST_DUE_PENALTY,
        Slot.PAST_DUE_FEE,
        Slot.PAST_DUE_INTEREST,
        Slot.PAST_DUE_PRINCIPAL,
    )


def test_terms_travel_as_json() -> None:
    rule = AllocationRule(tuple(reversed(Slot)), Direction.VERTICAL, FutureRule.REAMORTIZATION)
    full = replace(
        PLAIN,
        schedule_start=date(2024, 1, 1),
        first_due_date=date(2024, 3, 5),
        holidays=(date(2024, 3, 5),),
        weekend=(5, 6),
        roll=Roll.NEXT,
        odd_first_period=OddFirstPeriod.SEPARATE_ROW,
        balloon_percent=Decimal("12.5"),
        allocation=rule,
        allocation_overrides=(AllocationOverride(TransactionKind.MERCHANT_REFUND, rule),),
        recalculation=Recalculation(interest_on_overdue_principal=False),
    )
    adapter = TypeAdapter(Terms)
    assert adapter.validate_json(adapter.dump_json(full)) == full


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "dollars"),
        ("installments", 0),
        ("installments", 100_000),
        ("annual_rate", Decimal(-1)),
        ("annual_rate", Decimal("NaN")),
        ("annual_rate", Decimal(100_000)),
        ("every", 0),
        ("installments", 1_190),
        ("days_of_month", (32,)),
        ("days_of_month", (15, 1)),
        ("days_of_month", (1, 15)),
        ("holidays", (date(2024, 2, 1), date(2024, 1, 1))),
        ("weekend", (7,)),
        ("weekend", (0, 1, 2, 3, 4, 5, 6)),
        ("grace_on_principal", -1),
        ("grace_on_principal", 12),
        ("grace_on_interest_payment", 12),
        ("interest_free_installments", 13),
        ("balloon_amount", -1),
        ("balloon_percent", Decimal(101)),
        ("installment_amount", -5),
        ("installment_multiple", -100),
        ("overdue_tolerance", -1),
        ("down_payment_percent", Decimal(100)),
        ("compounding", True),
    ],
)
def test_nonsense_is_refused_with_the_field_and_a_reason(field: str, value: Any) -> None:
    with pytest.raises(InvalidValue) as refusal:
        replace(PLAIN, **{field: value})
    assert refusal.value.field == field
    assert refusal.value.reason


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"balloon_amount": 1, "balloon_percent": Decimal(1)}, "balloon_percent"),
        ({"kind": ScheduleKind.FLAT, "balloon_amount": 1}, "balloon_amount"),
        ({"kind": ScheduleKind.BULLET, "grace_on_principal": 1}, "grace_on_principal"),
        ({"kind": ScheduleKind.INTEREST_ONLY, "balloon_percent": Decimal(1)}, "balloon_percent"),
        ({"kind": ScheduleKind.EQUAL_PRINCIPAL, "installment_amount": 1}, "installment_amount"),
        ({"kind": ScheduleKind.FLAT, "recalculation": Recalculation()}, "recalculation"),
        ({"payoff_interest": PayoffInterest.SCHEDULED, "recalculation": Recalculation()}, "payoff_interest"),
        (
            {
                "payoff_interest": PayoffInterest.TO_THE_DUE_DATE,
                "recalculation": Recalculation(),
                "grace_on_interest_payment": 1,
            },
            "payoff_interest",
        ),
        ({"unit": PeriodUnit.SEMI_MONTHS, "days_of_month": (15,)}, "days_of_month"),
        ({"unit": PeriodUnit.WEEKS, "days_of_month": (15,)}, "days_of_month"),
        ({"schedule_start": date(2024, 2, 1), "first_due_date": date(2024, 2, 1)}, "first_due_date"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        replace(PLAIN, **options)
    assert refusal.value.field == field


def test_a_kind_of_transaction_has_one_rule() -> None:
    override = AllocationOverride(TransactionKind.PAYMENT, PLAIN.allocation)
    with pytest.raises(InvalidValue, match="twice"):
        replace(PLAIN, allocation_overrides=(override, override))
