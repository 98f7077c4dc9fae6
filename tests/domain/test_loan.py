"""A running loan: what is paid, and what happens when nothing is."""

from datetime import UTC, date, datetime

import pytest

from domain import errors
from domain.commands import (
    MakePayment,
)
from domain.ledger import Account
from domain.money import Money
from domain.status import LoanStatus
from tests.domain.lives import NOON, active, after, asked, journal, pay, status

# --- the loan runs -------------------------------------------------------------------------------------------------


def test_installments_paid_on_their_days_close_the_loan_with_balanced_books() -> None:
    loan = active()
    while loan.status is LoanStatus.ACTIVE:
        row = loan.position.oldest_unpaid
        assert row is not None
        pay(loan, row.outstanding, datetime(row.due_date.year, row.due_date.month, row.due_date.day, 9, tzinfo=UTC))
    assert loan.closure == "paid"
    balances = journal(loan)
    assert balances.keys() == {Account.CASH, Account.INTEREST_INCOME}
    assert sum(balances.values()) == 0
    assert balances[Account.CASH] == loan.booked.interest_paid > 0


def test_a_receipts_parts_sum_to_the_payment() -> None:
    receipt = pay(active(), 150_00, after(20))
    parts = receipt.principal + receipt.interest + receipt.fees + receipt.penalties + receipt.credit
    assert parts == receipt.amount == Money(150_00, "USD")


def test_paying_the_quote_on_its_day_closes_the_loan_at_zero() -> None:
    loan = active()
    pay(loan, 100_00, after(40))
    loan.pass_milestones("engine", after(73))
    receipt = pay(loan, loan.position.payoff, after(73))
    assert (loan.status, receipt.outstanding, receipt.credit) == (
        LoanStatus.CLOSED,
        Money(0, "USD"),
        Money(0, "USD"),
    )


def test_one_cent_less_than_the_quote_leaves_the_loan_open() -> None:
    loan = active()
    loan.pass_milestones("engine", after(73))
    pay(loan, loan.position.payoff - 1, after(73))
    assert status(loan) is LoanStatus.ACTIVE


def test_what_is_paid_beyond_the_quote_is_the_customers() -> None:
    loan = active()
    quote = loan.position_on(date(2026, 1, 20)).payoff
    receipt = pay(loan, quote + 5_00, after(19))
    assert (loan.status, receipt.credit) == (LoanStatus.CLOSED, Money(5_00, "USD"))
    assert journal(loan)[Account.CUSTOMER_CREDIT] == -5_00


@pytest.mark.parametrize(
    ("minor", "currency", "effective", "refusal"),
    [
        (0, "USD", None, errors.InvalidValue),
        (-1, "USD", None, errors.InvalidValue),
        (100, "EUR", None, errors.CurrencyMismatch),
        (100, "USD", date(2025, 12, 31), errors.InvalidValue),
        (100, "USD", date(2026, 1, 2), errors.InvalidValue),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused(
    minor: int, currency: str, effective: date | None, refusal: type[Exception]
) -> None:
    loan = active()
    command = MakePayment(**asked(amount=Money(minor, currency), effective_date=effective))  # type: ignore[arg-type]
    with pytest.raises(refusal):
        loan.pay(command, NOON)


def test_a_back_dated_payment_counts_from_its_day() -> None:
    late, back_dated = active(), active()
    pay(late, 106_62, after(33))
    pay(back_dated, 106_62, after(33), effective=date(2026, 2, 1))
    assert late.position.installments[0].paid_on == date(2026, 2, 3)
    assert back_dated.position.installments[0].paid_on == date(2026, 2, 1)


# --- when nothing happens ------------------------------------------------------------------------------------------


def test_silence_reminds_falls_due_ages_and_costs_one_late_fee_an_installment() -> None:
    loan = active()
    loan.pass_milestones("engine", after(75))
    told = [(fact.name, fact.details) for fact in loan.facts[7:]]
    assert [name for name, _ in told] == [
        "payment_reminder",
        "installment_due",
        "delinquency_changed",
        "late_fee_charged",
        "payment_reminder",
        "installment_due",
        "delinquency_changed",
        "late_fee_charged",
    ]
    due = {"installment": "1", "amount": "106.62 USD", "due_date": "2026-02-01"}
    assert (told[0][1], told[1][1]) == (due, due)
    assert told[6][1] == {"left": "1-29", "entered": "30-59"}
    assert loan.booked.penalties_charged == 2 * 25_00


def test_days_that_were_missed_are_caught_up_as_if_each_had_been_seen() -> None:
    daily, at_once = active(), active()
    for day in range(1, 120):
        daily.pass_milestones("engine", after(day))
    at_once.pass_milestones("engine", after(119))
    assert [fact.name for fact in daily.facts] == [fact.name for fact in at_once.facts]
    assert [(e.effective_date, e.postings) for e in daily.entries] == [
        (e.effective_date, e.postings) for e in at_once.entries
    ]
    assert daily.position == at_once.position


def test_passing_milestones_again_changes_nothing() -> None:
    loan = active()
    loan.pass_milestones("engine", after(45))
    facts, transactions = len(loan.facts), loan.transactions
    loan.pass_milestones("engine", after(45))
    assert (len(loan.facts), loan.transactions) == (facts, transactions)


def test_a_payment_that_comes_before_the_engine_woke_finds_the_late_fee_charged() -> None:
    loan = active()
    pay(loan, 106_62, after(45))
    assert loan.booked.penalties_charged == 25_00


def test_a_loan_that_is_cured_leaves_its_bucket() -> None:
    loan = active()
    loan.pass_milestones("engine", after(45))
    assert loan.bucket == "1-29"
    row = loan.position.oldest_unpaid
    assert row is not None
    pay(loan, row.outstanding, after(45))
    assert loan.bucket is None
    assert loan.facts[-1].details == {"left": "1-29", "entered": "current"}


def test_a_paid_installment_has_no_milestones() -> None:
    loan = active()
    row = loan.position.installments[0]
    pay(loan, row.outstanding, after(5))
    assert {milestone.installment for milestone in loan.next_milestones()} == {2}
