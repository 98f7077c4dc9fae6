"""What is owed, after what has happened. Amounts are cents; a loan of 1,000.00 in four months at 12 percent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.conventions import PayoffInterest, ScheduleKind
from domain.errors import InvalidValue
from domain.position import Position, position
from domain.row import RowKind
from domain.terms import Recalculation, Terms
from domain.transaction import Component, Transaction, TransactionKind
from tests.domain.diary import after, fact, fee, on, payment, payoff, payout, penalty, reversal, written

FIXED = Terms(currency="USD", installments=4, annual_rate=Decimal(12))
DAILY = replace(FIXED, recalculation=Recalculation())
START = payout("2024-01-01", 100_000)
INSTALLMENT = 25_628

both = pytest.mark.parametrize("terms", [FIXED, DAILY], ids=["fixed", "daily"])


def cash_in(now: Position) -> int:
    flows = now.totals
    paid = flows.principal_paid + flows.interest_paid + flows.fees_paid + flows.penalties_paid
    return paid + flows.credit_received - flows.credit_applied - flows.conceded + flows.recovered


# --- a life without surprises -----------------------------------------------------------------------------------------


@both
def test_nothing_is_owed_before_the_payout(terms: Terms) -> None:
    now = after(terms, START, as_of="2023-12-31")
    assert (now.installments, now.payoff, now.settled) == ((), 0, False)


@both
def test_a_payout_in_transit_is_not_yet_lent(terms: Terms) -> None:
    instructed = fact(TransactionKind.PAYOUT_INSTRUCTED, "2024-01-01", 100_000)
    now = after(terms, instructed, as_of="2024-01-01")
    assert (now.in_transit, now.principal, now.installments) == (100_000, 0, ())
    assert after(terms, instructed, START, as_of="2024-01-01").in_transit == 0
    failed = fact(TransactionKind.PAYOUT_FAILED, "2024-01-02", 100_000)
    assert after(terms, instructed, failed, as_of="2024-01-02").in_transit == 0


@both
def test_installments_paid_on_their_days_close_the_loan(terms: Terms) -> None:
    paid = [payment(f"2024-0{month}-01", INSTALLMENT) for month in (2, 3, 4)]
    now = after(terms, START, *paid, payment("2024-05-01", INSTALLMENT + 1), as_of="2024-05-01")
    assert (now.settled, now.payoff, now.principal, now.interest, now.credit) == (True, 0, 0, 0, 0)
    assert [row.paid_on for row in now.installments] == [row.due_date for row in now.installments]
    assert [(split.principal, split.interest) for split in now.splits[1:]] == [
        (24_628, 1_000),
        (24_874, 754),
        (25_123, 505),
        (25_375, 254),
    ]


@both
def test_interest_is_earned_day_by_day_and_sums_to_the_periods(terms: Terms) -> None:
    earned = [after(terms, START, as_of=f"2024-01-{day:02}").totals.interest_accrued for day in range(1, 32)]
    assert earned[0] == 0
    assert earned == sorted(earned)
    assert earned[15] == round(1_000 * 15 / 31)
    assert after(terms, START, as_of="2024-02-01").totals.interest_accrued == 1_000


@both
def test_a_partial_payment_leaves_the_rest_outstanding(terms: Terms) -> None:
    now = after(terms, START, payment("2024-02-01", 10_000), as_of="2024-02-01")
    first = now.installments[0]
    assert (first.paid, first.outstanding, first.paid_on) == (10_000, INSTALLMENT - 10_000, None)
    assert now.due_to_date == INSTALLMENT - 10_000


# --- being late -------------------------------------------------------------------------------------------------------


@both
def test_an_installment_is_overdue_the_day_after_it_was_due(terms: Terms) -> None:
    due = after(terms, START, as_of="2024-02-01")
    assert (due.overdue, due.days_past_due(on("2024-02-01")), due.due_to_date) == (0, 0, INSTALLMENT)
    late = after(terms, START, as_of="2024-02-11")
    assert (late.overdue, late.days_past_due(on("2024-02-11"))) == (INSTALLMENT, 10)
    assert late.oldest_unpaid == late.installments[0]
    assert late.next_due == late.installments[1]


def test_a_small_rest_within_the_tolerance_is_not_overdue() -> None:
    terms = replace(FIXED, overdue_tolerance=100)
    now = after(terms, START, payment("2024-02-01", INSTALLMENT - 100), as_of="2024-02-20")
    assert (now.overdue, now.days_past_due(on("2024-02-20"))) == (0, 0)


def test_overdue_principal_goes_on_bearing_interest_where_interest_follows_the_balance() -> None:
    now = after(DAILY, START, as_of="2024-03-01")
    assert [row.interest for row in now.installments[:2]] == [1_000, 1_000]
    assert after(FIXED, START, as_of="2024-03-01").installments[1].interest == 754


def test_overdue_principal_bears_no_interest_where_the_product_says_so() -> None:
    terms = replace(FIXED, recalculation=Recalculation(interest_on_overdue_principal=False))
    assert after(terms, START, as_of="2024-03-01").installments[1].interest == 754


@both
def test_a_late_payment_is_counted_as_late(terms: Terms) -> None:
    row = after(terms, START, payment("2024-02-05", INSTALLMENT), as_of="2024-02-05").installments[0]
    assert (row.paid_late, row.paid_in_advance, row.paid_on) == (INSTALLMENT, 0, on("2024-02-05"))


# --- being early ------------------------------------------------------------------------------------------------------


def test_paid_early_the_schedules_interest_stands() -> None:
    now = after(FIXED, START, payment("2024-01-16", INSTALLMENT), as_of="2024-01-16")
    assert (now.installments[0].interest, now.installments[0].principal) == (1_000, 24_628)
    assert now.totals.interest_accrued == 1_000  # never less than what was paid


def test_paid_early_a_followed_balance_costs_less_and_the_last_installment_shrinks() -> None:
    now = after(DAILY, START, payment("2024-01-16", INSTALLMENT), as_of="2024-01-16")
    first, second, _, last = now.installments
    assert (first.interest, first.principal) == (484, INSTALLMENT - 484)
    assert first.due == second.due == INSTALLMENT
    assert last.due < INSTALLMENT
    assert sum(row.principal for row in now.installments) == 100_000


# --- paying off -------------------------------------------------------------------------------------------------------


@both
def test_a_payoff_owes_interest_to_its_day(terms: Terms) -> None:
    quote = after(terms, START, as_of="2024-01-16").payoff
    assert quote == 100_000 + 484
    now = after(terms, START, payoff("2024-01-16", quote), as_of="2024-01-16")
    assert (now.settled, now.payoff, now.credit, now.principal, now.interest) == (True, 0, 0, 0, 0)
    assert after(terms, START, payoff("2024-01-16", quote), as_of="2024-12-31").totals.interest_accrued == 484


@both
def test_a_payoff_may_owe_the_whole_period(terms: Terms) -> None:
    whole_period = replace(terms, payoff_interest=PayoffInterest.TO_THE_DUE_DATE)
    assert after(whole_period, START, as_of="2024-01-16").payoff == 101_000


def test_a_payoff_may_owe_all_scheduled_interest_where_the_schedule_stands() -> None:
    terms = replace(FIXED, payoff_interest=PayoffInterest.SCHEDULED)
    assert after(terms, START, as_of="2024-01-01").payoff == 102_513


@both
@pytest.mark.parametrize("mode", [PayoffInterest.TO_THE_DAY, PayoffInterest.TO_THE_DUE_DATE])
def test_the_quote_paid_on_its_day_closes_the_loan_at_zero(terms: Terms, mode: PayoffInterest) -> None:
    agreed = replace(terms, payoff_interest=mode)
    facts = [START, payment("2024-02-10", 20_000), fee("2024-03-02", 1_500)]
    quote = after(agreed, *facts, as_of="2024-03-12").payoff
    now = after(agreed, *facts, payoff("2024-03-12", quote), as_of="2024-03-12")
    assert (now.settled, now.payoff, now.credit) == (True, 0, 0)


def test_a_payoff_of_too_little_is_a_payment() -> None:
    now = after(FIXED, START, payoff("2024-01-16", 50_000), as_of="2024-01-16")
    assert not now.settled
    assert now.installments[0].interest == 1_000


@both
def test_what_is_overpaid_is_credit_and_can_be_refunded(terms: Terms) -> None:
    facts = [START, payoff("2024-01-16", 100_484 + 700)]
    assert after(terms, *facts, as_of="2024-01-16").credit == 700
    refund = fact(TransactionKind.CREDIT_REFUND, "2024-01-20", 700)
    now = after(terms, *facts, refund, as_of="2024-01-20")
    assert (now.credit, now.totals.credit_refunded, now.settled) == (0, 700, True)


@both
def test_a_refund_beyond_the_credit_is_owed_again(terms: Terms) -> None:
    facts = [START, payoff("2024-01-16", 100_484 + 700), fact(TransactionKind.CREDIT_REFUND, "2024-01-20", 1_000)]
    now = after(terms, *facts, as_of="2024-01-20")
    assert (now.credit, now.principal, now.settled) == (0, 300, False)


@both
def test_credit_is_used_when_a_payout_follows(terms: Terms) -> None:
    facts = [START, payment("2024-01-16", 103_213)]
    credit = after(terms, *facts, as_of="2024-01-16").credit
    now = after(terms, *facts, payout("2024-01-20", 50_000), as_of="2024-01-20")
    assert credit >= 700
    assert (now.credit, now.totals.credit_applied, cash_in(now)) == (0, credit, 103_213)


def test_a_payout_after_the_payoff_is_refused_where_the_schedule_stands() -> None:
    with pytest.raises(InvalidValue, match="the payoff"):
        after(FIXED, START, payoff("2024-01-16", 100_484), payout("2024-01-20", 50_000), as_of="2024-01-20")


# --- charges ----------------------------------------------------------------------------------------------------------


@both
def test_a_charge_falls_into_the_row_of_its_day(terms: Terms) -> None:
    now = after(terms, START, fee("2024-01-05", 500), penalty("2024-03-01", 300), as_of="2024-03-01")
    assert [(row.fees, row.penalties) for row in now.installments] == [(500, 0), (0, 300), (0, 0), (0, 0)]
    assert (now.fees, now.penalties) == (500, 300)


@both
def test_a_charge_may_name_its_row_or_its_due_date(terms: Terms) -> None:
    named = fee("2024-01-05", 500, installment=3)
    dated = penalty("2024-01-05", 300, due_date=on("2024-04-20"))
    now = after(terms, START, named, dated, as_of="2024-01-05")
    assert (now.installments[2].fees, now.installments[3].penalties) == (500, 300)
    with pytest.raises(InvalidValue, match="there is no installment 9"):
        after(terms, START, fee("2024-01-05", 500, installment=9), as_of="2024-01-05")


@both
def test_charges_after_maturity_make_one_more_row(terms: Terms) -> None:
    now = after(terms, START, fee("2024-05-10", 500), penalty("2024-05-20", 300), as_of="2024-05-20")
    last = now.installments[-1]
    assert (len(now.installments), last.kind, last.due_date, last.due) == (5, RowKind.ADDITIONAL, on("2024-05-20"), 800)


@both
def test_an_overpayment_pays_the_charge_that_comes_after_it(terms: Terms) -> None:
    facts = [START, payoff("2024-01-16", 100_484 + 700), fee("2024-01-20", 500)]
    now = after(terms, *facts, as_of="2024-01-20")
    assert (now.settled, now.credit, now.totals.fees_paid, now.splits[1].fees) == (True, 200, 500, 500)
    assert cash_in(now) == 101_184


@both
def test_a_charge_before_the_payout_waits_in_the_first_row(terms: Terms) -> None:
    now = after(terms, fee("2023-12-20", 500), START, as_of="2024-01-01")
    assert now.installments[0].fees == 500


# --- waivers and what the lender gives --------------------------------------------------------------------------------


@both
def test_a_waiver_gives_up_charges_then_interest(terms: Terms) -> None:
    facts = [START, fee("2024-01-05", 500), penalty("2024-01-05", 300)]
    now = after(terms, *facts, fact(TransactionKind.WAIVER, "2024-02-01", 900), as_of="2024-02-01")
    flows = now.totals
    assert (flows.penalties_waived, flows.fees_waived, flows.interest_waived) == (300, 500, 100)
    assert now.installments[0].outstanding == INSTALLMENT - 100


@both
def test_a_waiver_may_name_what_it_gives_up(terms: Terms) -> None:
    waiver = fact(TransactionKind.WAIVER, "2024-02-01", 200, component=Component.INTEREST, installment=1)
    now = after(terms, START, fee("2024-01-05", 500), waiver, as_of="2024-02-01")
    assert (now.totals.interest_waived, now.totals.fees_waived, now.interest) == (200, 0, 800)


def test_principal_is_never_waived() -> None:
    with pytest.raises(InvalidValue, match="component"):
        after(
            FIXED,
            START,
            fact(TransactionKind.WAIVER, "2024-02-01", 1, component=Component.PRINCIPAL),
            as_of="2024-02-01",
        )


@both
@pytest.mark.parametrize("kind", [TransactionKind.GOODWILL_CREDIT, TransactionKind.INTEREST_WAIVER])
def test_what_the_lender_pays_itself_is_no_cash(terms: Terms, kind: TransactionKind) -> None:
    now = after(terms, START, fact(kind, "2024-02-01", 5_000), as_of="2024-02-01")
    assert (now.totals.conceded, cash_in(now), now.installments[0].paid) == (5_000, 0, 5_000)


def test_a_merchants_refund_may_give_back_the_interest_it_would_have_saved() -> None:
    terms = replace(FIXED, recalculation=Recalculation(refunds_return_interest=True))
    refund = fact(TransactionKind.MERCHANT_REFUND, "2024-01-16", 50_000)
    now = after(terms, START, refund, as_of="2024-01-16")
    assert (now.totals.conceded, cash_in(now)) == (242, 50_000)
    whole = fact(TransactionKind.MERCHANT_REFUND, "2024-01-16", 100_000)
    now = after(terms, START, whole, as_of="2024-01-16")
    assert (now.settled, now.totals.conceded, now.principal, now.interest) == (True, 484, 0, 0)
    assert after(DAILY, START, whole, as_of="2024-01-16").totals.conceded == 0


# --- losses -----------------------------------------------------------------------------------------------------------


@both
def test_a_charge_off_moves_what_is_owed_to_losses_and_stops_interest(terms: Terms) -> None:
    facts = [START, fee("2024-01-05", 500), fact(TransactionKind.CHARGE_OFF, "2024-02-16")]
    now = after(terms, *facts, as_of="2024-12-31")
    flows = now.totals
    assert (flows.principal_charged_off, flows.fees_charged_off) == (100_000, 500)
    assert flows.interest_charged_off == flows.interest_accrued
    assert (now.principal, now.interest, now.fees) == (0, 0, 0)
    assert len(now.installments) == 4


@both
def test_money_after_a_charge_off_is_recovered(terms: Terms) -> None:
    facts = [START, payment("2024-02-01", INSTALLMENT), fact(TransactionKind.CHARGE_OFF, "2024-04-16")]
    before = after(terms, *facts, as_of="2024-06-01")
    now = after(terms, *facts, fact(TransactionKind.RECOVERY, "2024-06-01", 10_000), as_of="2024-06-01")
    assert (now.totals.recovered, before.payoff - now.payoff) == (10_000, 10_000)
    assert now.totals.principal_paid == before.totals.principal_paid
    assert cash_in(now) == INSTALLMENT + 10_000


@both
def test_nothing_is_lent_after_a_charge_off(terms: Terms) -> None:
    with pytest.raises(InvalidValue, match="the charge-off"):
        after(terms, START, fact(TransactionKind.CHARGE_OFF, "2024-02-16"), payout("2024-02-20", 1), as_of="2024-02-20")


# --- corrections ------------------------------------------------------------------------------------------------------


@both
def test_a_reversed_payment_leaves_no_trace_in_what_is_owed(terms: Terms) -> None:
    with_it = after(terms, START, payment("2024-01-20", 40_000), reversal("2024-02-10", of=2), as_of="2024-02-10")
    without = after(terms, START, as_of="2024-02-10")
    assert replace(with_it, splits=()) == replace(without, splits=())


@both
def test_a_reversed_reversal_reinstates(terms: Terms) -> None:
    facts = [START, payment("2024-01-20", 40_000), reversal("2024-02-10", of=2), reversal("2024-02-11", of=3)]
    assert after(terms, *facts, as_of="2024-02-11").totals.principal_paid > 0


@both
def test_a_back_dated_payment_counts_from_its_day(terms: Terms) -> None:
    entered_late = [START, payment("2024-03-05", 10_000), payment("2024-02-01", INSTALLMENT)]
    in_time = [START, payment("2024-02-01", INSTALLMENT), payment("2024-03-05", 10_000)]
    late, early = (after(terms, *facts, as_of="2024-03-05") for facts in (entered_late, in_time))
    assert late.installments == early.installments
    assert late.totals == early.totals


@both
def test_facts_count_by_day_then_entry_whatever_their_order_in_the_list(terms: Terms) -> None:
    facts = written([START, payment("2024-02-01", 100), payment("2024-02-01", 30_000), fee("2024-02-01", 50)])
    expected = position(terms, facts, on("2024-02-02"))
    assert position(terms, list(reversed(facts)), on("2024-02-02")) == expected


@both
def test_what_happens_later_is_not_seen(terms: Terms) -> None:
    assert after(terms, START, payment("2024-02-01", 500), as_of="2024-01-31").totals.principal_paid == 0


@both
def test_money_for_a_loan_without_a_payout_is_credit(terms: Terms) -> None:
    now = after(terms, payment("2024-01-01", 500), as_of="2024-01-01")
    assert (now.credit, now.payoff, now.settled) == (500, 0, False)


def test_a_payout_after_the_last_due_date_is_refused() -> None:
    with pytest.raises(InvalidValue, match="after the last due date"):
        after(FIXED, START, payout("2024-05-01", 1_000), as_of="2024-05-01")


# --- other products ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(ScheduleKind))
def test_every_kind_of_loan_closes_when_its_rows_are_paid(kind: ScheduleKind) -> None:
    terms = replace(FIXED, kind=kind)
    rows = after(terms, START, as_of="2024-01-01").installments
    facts: list[Transaction] = [START, *(payment(row.due_date, row.due) for row in rows)]
    now = after(terms, *facts, as_of="2024-05-01")
    assert (now.settled, now.payoff, now.credit) == (True, 0, 0)


def test_a_down_payment_may_be_kept_back_from_the_payout() -> None:
    terms = replace(FIXED, down_payment_percent=Decimal(25), down_payment_automatic=True)
    now = after(terms, START, as_of="2024-01-01")
    assert (now.principal, now.totals.principal_paid, now.installments[0].paid_on) == (75_000, 25_000, on("2024-01-01"))


def test_the_schedule_may_begin_before_the_payout() -> None:
    terms = replace(FIXED, schedule_start=on("2024-01-01"))
    now = after(terms, payout("2024-01-16", 100_000), as_of="2024-01-16")
    assert (now.installments[0].due_date, now.installments[0].interest) == (on("2024-02-01"), 516)
