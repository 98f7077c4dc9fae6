"""What a loan costs to begin with: charged by the payout, due with the first installment."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.cooling_off import without_charges
from domain.disclosure import disclosure, hypothetical
from domain.errors import InvalidValue
from domain.ledger import Account, Posting, postings_between
from domain.position import Totals
from domain.terms import Terms

PLAIN = Terms(currency="USD", installments=12, annual_rate=Decimal(0))
DEAR = replace(PLAIN, origination_fee_percent=Decimal("1.5"), origination_fee_amount=10_00)
START = date(2026, 1, 15)


def test_a_fee_is_due_with_the_first_installment() -> None:
    """1,200.00 × 1.5 % + 10.00 = 28.00, beside twelve times 100.00."""
    rows = hypothetical(DEAR, 1_200_00, START).installments
    assert [row.fees for row in rows] == [28_00] + [0] * 11
    assert [row.due for row in rows] == [128_00] + [100_00] * 11


def test_a_fee_is_a_part_of_the_price() -> None:
    """28.00 more, a month after 1,200.00 were lent for half a year on average: some 4.4 percent a year."""
    figures = disclosure(DEAR, 1_200_00, START)
    assert (figures.finance_charge, figures.total_of_payments) == (28_00, 1_228_00)
    assert (figures.amount_financed, figures.largest_installment) == (1_200_00, 100_00)
    assert figures.apr == Decimal("4.37")


def test_a_fee_is_income_from_the_payout_on() -> None:
    postings = postings_between(Totals(), hypothetical(DEAR, 1_200_00, START).totals)
    assert Posting(Account.FEE_INCOME, Account.FEES_RECEIVABLE, 28_00) in postings


def test_a_loan_that_is_given_back_costs_no_fee() -> None:
    assert hypothetical(without_charges(DEAR), 1_200_00, START).totals.fees_charged == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"origination_fee_percent": Decimal(101)}, "origination_fee_percent"),
        ({"origination_fee_percent": Decimal(-1)}, "origination_fee_percent"),
        ({"origination_fee_amount": -1}, "origination_fee_amount"),
    ],
)
def test_a_fee_without_sense_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        replace(PLAIN, **changes)  # type: ignore[arg-type]
    assert refusal.value.field == field
