from dataclasses import replace
from decimal import Decimal

import pytest

from domain.allocation import AllocationOverride, AllocationRule, Direction, FutureRule, Slot, Timing, stages
from domain.errors import InvalidValue
from domain.terms import Terms
from domain.transaction import Component, TransactionKind
from tests.domain.diary import after, fact, fee, payment, payout, penalty

PLAIN = Terms(currency="USD", installments=4, annual_rate=Decimal(0))
HORIZONTAL = PLAIN.allocation
VERTICAL = replace(HORIZONTAL, direction=Direction.VERTICAL)


def future(rule: FutureRule) -> Terms:
    return replace(PLAIN, allocation=replace(HORIZONTAL, future=rule))


def test_a_rule_names_every_slot_once() -> None:
    with pytest.raises(InvalidValue, match="misses past_due_penalty"):
        AllocationRule(tuple(Slot)[1:])
    with pytest.raises(InvalidValue, match="twice"):
        AllocationRule((*Slot, Slot.DUE_FEE))


def test_a_slot_is_a_timing_of_a_component() -> None:
    assert (Slot.IN_ADVANCE_FEE.timing, Slot.IN_ADVANCE_FEE.component) == (Timing.IN_ADVANCE, Component.FEE)


def test_a_horizontal_rule_serves_whole_timings_and_a_vertical_one_slot_by_slot() -> None:
    assert [when for when, _ in stages(HORIZONTAL)] == list(Timing)
    assert len(stages(VERTICAL)) == len(Slot)


def test_horizontally_the_oldest_installment_is_finished_first() -> None:
    facts = [payout("2024-01-01", 40_000), penalty("2024-02-15", 500), payment("2024-03-10", 10_200)]
    first, second, *_ = after(replace(PLAIN, allocation=HORIZONTAL), *facts, as_of="2024-03-10").installments
    assert (first.principal_paid, second.penalties_paid, second.principal_paid) == (10_000, 200, 0)


def test_vertically_a_component_is_finished_first() -> None:
    facts = [payout("2024-01-01", 40_000), penalty("2024-02-15", 500), payment("2024-03-10", 10_200)]
    first, second, *_ = after(replace(PLAIN, allocation=VERTICAL), *facts, as_of="2024-03-10").installments
    assert (first.principal_paid, second.penalties_paid, second.principal_paid) == (9_700, 500, 0)


def test_the_order_of_components_is_the_products() -> None:
    order = tuple(
        sorted(Slot, key=lambda slot: (list(Timing).index(slot.timing), slot.component != Component.PRINCIPAL))
    )
    facts = [payout("2024-01-01", 40_000), fee("2024-01-20", 500), payment("2024-02-01", 10_100)]
    first = after(replace(PLAIN, allocation=AllocationRule(order)), *facts, as_of="2024-02-01").installments[0]
    assert (first.principal_paid, first.fees_paid) == (10_000, 100)


@pytest.mark.parametrize(
    ("rule", "paid"),
    [
        (FutureRule.NEXT_INSTALLMENT, [10_000, 2_000, 0, 0]),
        (FutureRule.LAST_INSTALLMENT, [0, 0, 2_000, 10_000]),
        (FutureRule.NEXT_LAST_INSTALLMENT, [10_000, 0, 0, 2_000]),
        (FutureRule.REAMORTIZATION, [3_000, 3_000, 3_000, 3_000]),
    ],
)
def test_money_beyond_what_is_due_follows_the_future_rule(rule: FutureRule, paid: list[int]) -> None:
    now = after(future(rule), payout("2024-01-01", 40_000), payment("2024-01-15", 12_000), as_of="2024-01-15")
    assert [row.paid for row in now.installments] == paid


def test_reamortization_gives_the_odd_cent_to_the_last_installment() -> None:
    now = after(
        future(FutureRule.REAMORTIZATION),
        payout("2024-01-01", 40_000),
        payment("2024-01-15", 1_001),
        as_of="2024-01-15",
    )
    assert [row.paid for row in now.installments] == [250, 250, 250, 251]


def test_a_kind_of_transaction_may_have_its_own_rule() -> None:
    last = AllocationOverride(TransactionKind.MERCHANT_REFUND, future(FutureRule.LAST_INSTALLMENT).allocation)
    terms = replace(PLAIN, allocation_overrides=(last,))
    refund = fact(TransactionKind.MERCHANT_REFUND, "2024-01-10", 1_000)
    now = after(terms, payout("2024-01-01", 40_000), refund, payment("2024-01-10", 2_000), as_of="2024-01-10")
    assert [row.paid for row in now.installments] == [2_000, 0, 0, 1_000]


def test_what_nothing_takes_is_the_customers_credit() -> None:
    now = after(PLAIN, payout("2024-01-01", 40_000), payment("2024-01-15", 41_000), as_of="2024-01-15")
    assert (now.credit, now.principal, now.settled) == (1_000, 0, True)
