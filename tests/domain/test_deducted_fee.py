"""An origination fee that is kept back from the payout: lent, the lender's at once, and never with the borrower."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.conventions import PayoffInterest, PeriodUnit, RateKind, ScheduleKind
from domain.disclosure import disclosure, hypothetical
from domain.errors import InvalidValue
from domain.money import Money
from domain.offer import Offer, make_offer
from domain.terms import Terms
from tests.fakes import product

PLAIN = Terms(currency="USD", installments=12, annual_rate=Decimal(12))
FIVE_PERCENT = replace(PLAIN, origination_fee_percent=Decimal(5), origination_fee_deducted=True)
START = date(2026, 1, 15)


def keeping(fee: int, **changes: object) -> Terms:
    return replace(PLAIN, origination_fee_amount=fee, origination_fee_deducted=True, **changes)  # type: ignore[arg-type]


def offer(terms: Terms = FIVE_PERCENT, amount: int = 10_000_00) -> Offer:
    return make_offer(product(terms=terms), Money(amount, "USD"), 12, START)


# --- what the borrower is told ----------------------------------------------------------------------------------------


def test_the_schedule_is_that_of_the_whole_principal() -> None:
    assert offer().figures.installments == offer(PLAIN).figures.installments


def test_the_borrower_receives_the_amount_less_the_fee() -> None:
    made = offer()
    assert (made.amount.minor, made.deducted_fee.minor, made.payout.minor) == (10_000_00, 500_00, 9_500_00)
    assert (offer(PLAIN).deducted_fee.minor, offer(PLAIN).payout.minor) == (0, 10_000_00)


def test_what_is_kept_back_is_not_financed_and_is_a_finance_charge() -> None:
    """Eleven times 888.49 and 888.47 are 10,661.86: 661.86 of interest, and the 500.00 that never came."""
    figures = offer().figures
    assert (figures.total_of_payments, figures.largest_installment) == (10_661_86, 888_49)
    assert (figures.amount_financed, figures.finance_charge) == (9_500_00, 1_161_86)


def test_both_annual_rates_make_the_payments_worth_what_was_received() -> None:
    """By their definitions, and no solver: discounted by the month at the rate told, the payments come to 9,500.00."""
    figures = offer().figures
    assert (figures.apr, figures.apr_eu) == (Decimal("21.86"), Decimal("24.18"))
    for nearly, exactly in ((_worth_nominal, figures.apr), (_worth_effective, figures.apr_eu)):
        half = Decimal("0.005")
        assert nearly(exactly + half) < 9_500_00 < nearly(exactly - half)


def test_a_fee_that_is_due_a_month_later_costs_a_little_less() -> None:
    figures = offer(replace(FIVE_PERCENT, origination_fee_deducted=False)).figures
    assert (figures.amount_financed, figures.finance_charge) == (10_000_00, 1_161_86)
    assert (figures.apr, figures.apr_eu) == (Decimal("21.67"), Decimal("23.96"))


def _worth_nominal(rate: Decimal) -> Decimal:
    return _worth(1 + rate / 1200)


def _worth_effective(rate: Decimal) -> Decimal:
    return _worth((1 + rate / 100) ** (1 / Decimal(12)))


def _worth(a_month: Decimal) -> Decimal:
    dues = [row.due for row in offer().figures.installments]
    return sum((due / a_month**month for month, due in enumerate(dues, 1)), Decimal(0))


def test_an_offer_is_another_when_its_fee_is_deducted() -> None:
    due = replace(FIVE_PERCENT, origination_fee_deducted=False)
    assert len({offer(terms).digest for terms in (PLAIN, due, FIVE_PERCENT)}) == 3


def test_an_offer_without_such_a_fee_has_the_digest_it_always_had() -> None:
    made = make_offer(product(), Money(1_200_00, "USD"), 12, date(2026, 1, 1))
    assert made.digest == "d057d9b9f6525de41afa49a9e8bdd8e1e18b51365dbdd6ca872740a85d615517"


# --- figures that others have published -------------------------------------------------------------------------------


def test_a_discount_of_regulation_z() -> None:
    """12 CFR 1026, Appendix J (c)(1)(i): 5,000.00 financed and 24 monthly payments of 230.00 are 9.69 percent."""
    terms = keeping(520_00, annual_rate=Decimal(0), installments=24)
    figures = disclosure(terms, 5_520_00, START)
    assert (figures.amount_financed, figures.largest_installment, figures.apr) == (5_000_00, 230_00, Decimal("9.69"))


def test_the_amount_financed_of_the_official_interpretation() -> None:
    """Comment 18(b)-2.i: of 1,000.00 for a year at 6 percent added on, 10.00 prepaid leave 990.00 financed."""
    figures = disclosure(keeping(10_00, annual_rate=Decimal(6), kind=ScheduleKind.FLAT), 1_000_00, START)
    assert (figures.amount_financed, figures.finance_charge) == (990_00, 70_00)


def test_the_annual_rate_of_charge_of_a_directive() -> None:
    """98/7/EC, Annex III: 1,000 received, 600 after one year and after two, are 13.07 percent."""
    terms = keeping(200_00, annual_rate=Decimal(0), installments=2, unit=PeriodUnit.YEARS)
    figures = disclosure(terms, 1_200_00, START)
    assert (figures.largest_installment, figures.apr_eu) == (600_00, Decimal("13.07"))


def test_the_annual_rates_of_charge_of_the_commissions_examples() -> None:
    """Markt/2014/107, examples 27 and 39: 2 percent are paid at the drawdown. 6.434402 and 13.494231 percent."""
    two_percent = replace(PLAIN, origination_fee_percent=Decimal(2), origination_fee_deducted=True)
    mortgage = replace(two_percent, installments=240, annual_rate=Decimal(6))
    advance = replace(two_percent, installments=6, kind=ScheduleKind.BULLET, compounding=True)
    advance = replace(advance, annual_rate=Decimal(9), rate_kind=RateKind.EFFECTIVE)
    for terms, amount, due, apr in ((mortgage, 170_000_00, 1_217_93, "6.43"), (advance, 3_000_00, 3_132_09, "13.49")):
        figures = disclosure(terms, amount, START)
        first = next(row.due for row in figures.installments if row.due)
        assert (first, figures.amount_financed, figures.apr_eu) == (due, amount * 98 // 100, Decimal(apr))


# --- how much it is, and when it is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "percent", "flat", "fee"),
    [
        (1_000_00, "2.5", 0, 25_00),
        (1_000_00, "2.5", 10_00, 35_00),
        (100_20, "2.5", 0, 2_50),  # 2.505: a half goes to the even cent
        (100_60, "2.5", 0, 2_52),  # 2.515
        (1_00, "0.4", 0, 0),
    ],
)
def test_it_is_an_amount_a_percent_or_both_rounded_as_all_money(amount: int, percent: str, flat: int, fee: int) -> None:
    totals = hypothetical(keeping(flat, origination_fee_percent=Decimal(percent)), amount, START).totals
    assert (totals.fees_deducted, totals.disbursed, totals.fees_charged) == (fee, amount - fee, 0)


@pytest.mark.parametrize("fee", [100_00, 100_01, 500_00])
def test_a_fee_that_eats_the_smallest_payout_is_refused_with_its_product(fee: int) -> None:
    assert product(terms=keeping(99_99)).min_amount == 100_00
    with pytest.raises(InvalidValue, match="leaves nothing to pay out") as refusal:
        product(terms=keeping(fee))
    assert refusal.value.field == "terms.origination_fee_deducted"


@pytest.mark.parametrize("down", [50, 85])
def test_so_is_one_that_leaves_nothing_beside_the_down_payment(down: int) -> None:
    with pytest.raises(InvalidValue, match="leaves nothing to pay out"):
        product(terms=keeping(0, origination_fee_percent=Decimal(50), down_payment_percent=Decimal(down)))


@pytest.mark.parametrize("terms", [keeping(100_00), keeping(0, origination_fee_percent=Decimal(100))])
def test_so_is_a_quote_of_it(terms: Terms) -> None:
    with pytest.raises(InvalidValue, match="leaves nothing to pay out"):
        disclosure(terms, 100_00, START)


def test_other_prepaid_fees_count_beside_it_and_may_not_eat_the_rest() -> None:
    assert disclosure(FIVE_PERCENT, 10_000_00, START, fees=100_00).amount_financed == 9_400_00
    with pytest.raises(InvalidValue):
        disclosure(FIVE_PERCENT, 10_000_00, START, fees=9_500_00)


def test_to_deduct_no_fee_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no fee") as refusal:
        replace(PLAIN, origination_fee_deducted=True)
    assert refusal.value.field == "origination_fee_deducted"


@pytest.mark.parametrize("interest", PayoffInterest)
def test_it_stays_out_of_what_a_payoff_costs(interest: PayoffInterest) -> None:
    plain, kept = (replace(terms, payoff_interest=interest) for terms in (PLAIN, FIVE_PERCENT))
    assert hypothetical(kept, 10_000_00, START).payoff == hypothetical(plain, 10_000_00, START).payoff
