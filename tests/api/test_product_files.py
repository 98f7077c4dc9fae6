"""The products that come with Tenor: each as a lender would check it, with a pencil."""

from datetime import date
from pathlib import Path

import pytest

from api.product_files import EXAMPLES, UnreadableProduct, examples, read_product
from domain.disclosure import Disclosure, disclosure
from domain.money import Money
from tests.domain.diary import after, payout

SPRING, AUTUMN = date(2027, 3, 1), date(2027, 10, 1)


def figures(code: str, dollars: int, installments: int, start: date = SPRING) -> Disclosure:
    product = read_product(EXAMPLES / f"{code}.yaml")
    amount = Money(dollars * 100, "USD")
    return disclosure(product.terms_for(amount, installments), amount.minor, start)


def rows(figures: Disclosure) -> list[tuple[str, int, int]]:
    """Due date, principal, interest."""
    return [(str(row.due_date), row.principal, row.interest) for row in figures.installments]


def test_there_is_an_example_of_each_kind_under_its_own_name() -> None:
    assert [product.code for product in examples()] == [
        "business-loan",
        "car-loan",
        "farm-loan",
        "furniture-plan",
        "mortgage",
        "pay-in-4",
        "personal-loan",
        "salary-advance",
    ]
    for product in examples():
        assert read_product(EXAMPLES / f"{product.code}.yaml") == product


def test_a_salary_advance_costs_five_percent_and_is_repaid_at_once() -> None:
    """400.00 × 5 % = 20.00. It is the price of one month, so a year of that is 12 × 5 % = 60 %."""
    advance = figures("salary-advance", 400, 1)
    assert rows(advance) == [("2027-04-01", 400_00, 0)]
    assert ([row.fees for row in advance.installments], advance.finance_charge) == ([20_00], 20_00)
    assert str(advance.apr) == "60.00"


def test_pay_in_four_is_four_quarters_two_weeks_apart_for_nothing() -> None:
    """200.00 / 4 = 50.00, the first of them on the day of the purchase."""
    plan = figures("pay-in-4", 200, 3)
    dates = ("2027-03-01", "2027-03-15", "2027-03-29", "2027-04-12")
    assert rows(plan) == [(due, 50_00, 0) for due in dates]
    assert (str(plan.apr), str(plan.apr_eu), plan.finance_charge) == ("0.00", "0.00", 0)


def test_a_personal_loan_is_an_annuity() -> None:
    """i = 11.9 % / 12; 12,000 × i / (1 − (1 + i)^−12) = 1,065.62. First interest: 12,000 × i = 119.00."""
    loan = figures("personal-loan", 12_000, 12)
    assert rows(loan)[0] == ("2027-04-01", 946_62, 119_00)
    assert [row.due for row in loan.installments] == [1_065_62] * 11 + [1_065_65]
    assert str(loan.apr) == "11.90"


def test_a_car_loan_leaves_three_tenths_for_the_end() -> None:
    """i = 0.6 %; (20,000 − 6,000 × 1.006^−36) × i / (1 − 1.006^−36) = 469.56; at the end 6,000 more."""
    loan = figures("car-loan", 20_000, 36)
    assert rows(loan)[0] == ("2027-04-01", 349_56, 120_00)
    assert [row.due for row in loan.installments] == [469_56] * 35 + [6_469_56]
    assert str(loan.apr) == "7.20"


def test_a_mortgage_takes_thirty_years() -> None:
    """i = 6.25 % / 12; 320,000 × i / (1 − (1 + i)^−360) = 1,970.30. First interest: 320,000 × i = 1,666.67."""
    loan = figures("mortgage", 320_000, 360)
    assert rows(loan)[0] == ("2027-04-01", 303_63, 1_666_67)
    assert {row.due for row in loan.installments[:-1]} == {1_970_30}
    assert rows(loan)[-1][0] == "2057-03-01"
    assert (len(loan.installments), str(loan.apr)) == (360, "6.25")


def test_a_farm_loan_is_repaid_after_each_harvest_and_the_first_pays_interest_only() -> None:
    """1 October 2028 is a Sunday, so the first year has 367 days: 40,000 × 8 % × 367 / 365 = 3,217.53.
    The second has the 364 that are left; the last, with its 29 February, 366: 10,000 × 8 % × 366 / 365 = 802.19."""
    assert rows(figures("farm-loan", 40_000, 5, AUTUMN)) == [
        ("2028-10-02", 0, 3_217_53),
        ("2029-10-01", 10_000_00, 3_191_23),
        ("2030-10-01", 10_000_00, 2_400_00),
        ("2031-10-01", 10_000_00, 1_600_00),
        ("2032-10-01", 10_000_00, 802_19),
    ]


def test_a_business_loan_repays_the_same_principal_every_two_weeks() -> None:
    """26,000 / 26 = 1,000. Interest of two weeks: 26,000 × 14.5 % × 14 / 365 = 144.60, then on 25,000: 139.04."""
    loan = figures("business-loan", 26_000, 26)
    assert rows(loan)[:2] == [("2027-03-15", 1_000_00, 144_60), ("2027-03-29", 1_000_00, 139_04)]


def test_a_business_loan_bears_ten_percent_more_on_what_is_overdue() -> None:
    """1,000.00 × 10 % × 30 / 365 = 8.22, and of the second installment × 16 / 365 = 4.38, of the third × 2: 0.55."""
    terms = read_product(EXAMPLES / "business-loan.yaml").terms_for(Money(26_000_00, "USD"), 26)
    late = after(terms, payout(SPRING, 26_000_00), as_of="2027-04-14")
    assert [row.penalties for row in late.installments[:4]] == [8_22, 4_38, 55, 0]


def test_a_furniture_plan_charges_a_flat_rate() -> None:
    """1,200 × 6 % = 72 for the year: 6.00 a month, whatever is repaid. That is an APR of nearly eleven percent."""
    plan = figures("furniture-plan", 1_200, 12)
    assert rows(plan)[0] == ("2027-04-01", 100_00, 6_00)
    assert (rows(plan)[-1], str(plan.apr)) == (("2028-03-01", 100_00, 6_00), "10.90")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("code: [", "line 2"),
        ("code: one\ncode: two", "code is named twice, again in line 2"),
        ("code: one", "Field required"),
    ],
)
def test_a_file_that_holds_no_product_is_named(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(UnreadableProduct, match=f"(?s)mine.yaml: .*{why}"):
        read_product(file)
