"""The life of a loan of 1,200.00 of which 60.00 were kept back, entry by entry."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.commands import AcceptOffer, ChargeOff, RetryPayout, ReviewPayout, WithdrawFromCredit
from domain.conventions import DayCount
from domain.evidence import PayoutOutcome
from domain.ledger import Account, JournalEntry
from domain.loan import Loan
from domain.money import Money, round_half_even
from domain.payouts import booked_payouts
from domain.status import LoanStatus
from domain.transaction import TransactionKind
from tests.domain.lives import NOON, after, applied, asked, journal, pay, resolve, status, underwritten
from tests.fakes import product

CASH, TRANSIT, LENT, INCOME = (
    Account.CASH,
    Account.PAYOUTS_IN_TRANSIT,
    Account.LOAN_PRINCIPAL,
    Account.FEE_INCOME,
)
TERMS = replace(
    product().terms,
    day_count=DayCount.ACT_365F,
    origination_fee_percent=Decimal(5),
    origination_fee_deducted=True,
)
ARRIVED = [(TRANSIT, LENT, 1_140_00), (INCOME, LENT, 60_00)]


def accepted() -> Loan:
    loan = applied()
    loan.product = replace(product(cooling_off_days=14), terms=TERMS)
    underwritten(loan)
    assert loan.offer is not None
    loan.accept(AcceptOffer(**asked(offer_digest=loan.offer.digest)), NOON)  # type: ignore[arg-type]
    return loan


def active() -> Loan:
    loan = accepted()
    resolve(loan, PayoutOutcome.SETTLED)
    return loan


def moves(entry: JournalEntry) -> list[tuple[Account, Account, int]]:
    return [(posting.source, posting.destination, posting.amount) for posting in entry.postings]


def review(loan: Loan, outcome: PayoutOutcome) -> None:
    loan.review_payout(ReviewPayout(**asked(outcome=outcome, reason="seen")), NOON)  # type: ignore[arg-type]


def withdraw(loan: Loan, days: int) -> None:
    loan.withdraw_from_credit(WithdrawFromCredit(**asked()), after(days))  # type: ignore[arg-type]


def interest(days: int) -> int:
    """At 12 percent, over 365ths of a year, of what was received."""
    return round_half_even(Decimal(1_140_00 * 12 * days) / (100 * 365))


def test_the_rail_is_told_what_the_borrower_receives() -> None:
    loan = accepted()
    assert loan.payout is not None
    assert (loan.payout.amount, loan.standing().payout_amount) == (Money(1_140_00, "USD"), Money(1_140_00, "USD"))
    assert [moves(entry) for entry in loan.entries] == [[(CASH, TRANSIT, 1_140_00)]]


def test_the_fee_is_lent_and_earned_when_the_payout_arrives() -> None:
    loan = active()
    assert moves(loan.entries[-1]) == ARRIVED
    assert journal(loan) == {CASH: -1_140_00, LENT: 1_200_00, INCOME: -60_00}
    assert (loan.position.principal, loan.position.in_transit, loan.position.fees) == (1_200_00, 0, 0)
    assert loan.facts[-1].details == {"amount": "1140.00 USD", "fee": "60.00 USD", "key": "1-payout-1"}


def test_a_reconciliation_holds_the_net_amount_against_the_rail() -> None:
    assert [(one.amount, one.outcome) for one in booked_payouts("1", active().transactions)] == [(1_140_00, "settled")]


def test_a_payout_that_fails_earns_nothing_and_the_next_one_is_of_the_same_amount() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.FAILED)
    assert (moves(loan.entries[-1]), journal(loan)) == ([(TRANSIT, CASH, 1_140_00)], {})
    loan.retry_payout(RetryPayout(**asked()), NOON)  # type: ignore[arg-type]
    resolve(loan, PayoutOutcome.SETTLED, key="1-payout-2")
    assert journal(loan) == {CASH: -1_140_00, LENT: 1_200_00, INCOME: -60_00}


def test_a_payout_that_never_arrived_takes_its_fee_back() -> None:
    loan = active()
    resolve(loan, PayoutOutcome.FAILED)
    review(loan, PayoutOutcome.FAILED)
    backwards = [(LENT, TRANSIT, 1_140_00), (LENT, INCOME, 60_00)]
    assert [moves(entry) for entry in loan.entries[-2:]] == [backwards, [(TRANSIT, CASH, 1_140_00)]]
    assert (journal(loan), status(loan)) == ({}, LoanStatus.ACCEPTED)


def test_a_payout_that_arrived_after_all_earns_its_fee() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.FAILED)
    resolve(loan, PayoutOutcome.SETTLED)
    review(loan, PayoutOutcome.SETTLED)
    assert [moves(entry) for entry in loan.entries[-2:]] == [[(CASH, TRANSIT, 1_140_00)], ARRIVED]


def test_who_pays_off_early_pays_the_whole_principal_and_the_fee_stays_earned() -> None:
    loan = active()
    pay(loan, 1_200_00, after(0))
    assert (status(loan), loan.closure) == (LoanStatus.CLOSED, "paid")
    assert journal(loan) == {CASH: 60_00, INCOME: -60_00}


def test_what_is_lost_is_the_whole_principal() -> None:
    loan = active()
    loan.charge_off(ChargeOff(**asked(reason="fraud")), NOON)  # type: ignore[arg-type]
    assert journal(loan) == {CASH: -1_140_00, INCOME: -60_00, Account.CREDIT_LOSSES: 1_200_00}


# --- given back -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("back_after", [0, 1, 10, 29])
def test_who_withdraws_brings_back_what_was_received_with_the_interest_of_that(back_after: int) -> None:
    """Article 14 (3) (b) of 2008/48/EC: the capital drawn down. A fee that was kept back was never drawn."""
    loan = active()
    withdraw(loan, min(back_after, 10))
    owed = 1_140_00 + interest(back_after)
    assert loan.payoff_on(after(back_after).date()).payoff == owed
    pay(loan, owed, after(back_after))
    assert (status(loan), loan.closure) == (LoanStatus.CLOSED, "withdrawn")
    earned = interest(back_after)
    assert journal(loan) == ({CASH: earned, Account.INTEREST_INCOME: -earned} if earned else {})


def test_the_withdrawal_itself_takes_the_fee_out_of_the_books() -> None:
    loan = active()
    withdraw(loan, 0)
    assert (loan.entries[-1].memo, moves(loan.entries[-1])) == ("Withdrawal", [(LENT, INCOME, 60_00)])
    disbursed = next(fact for fact in loan.transactions if fact.kind is TransactionKind.DISBURSEMENT)
    assert (disbursed.amount, loan.position.principal) == (1_200_00, 1_140_00)


def test_what_was_paid_before_counts_and_what_is_too_much_is_the_customers() -> None:
    loan = active()
    pay(loan, 1_150_00, after(0))
    withdraw(loan, 0)
    assert (status(loan), loan.closure, loan.position.credit) == (LoanStatus.CLOSED, "withdrawn", 10_00)
    assert journal(loan) == {CASH: 10_00, Account.CUSTOMER_CREDIT: -10_00}


def test_a_withdrawal_that_lapses_brings_the_fee_back_as_if_nothing_had_been() -> None:
    loan, untouched = active(), active()
    withdraw(loan, 10)
    for one in (loan, untouched):
        one.pass_milestones("engine", after(41))
    assert (status(loan), loan.withdrawn) == (LoanStatus.ACTIVE, False)
    assert (journal(loan)[LENT], journal(loan)[INCOME]) == (1_200_00, -60_00)
    day = after(41).date()
    assert loan.position_on(day).interest == untouched.position_on(day).interest


def test_the_close_of_business_knows_what_the_loan_earns_of_the_whole_principal() -> None:
    loan = active()
    (line, *_), day = loan.accrual_lines, date(2026, 1, 11)
    assert line.earned_on(day) == round_half_even(Decimal(1_200_00 * 12 * 10) / (100 * 365))
    assert line.earned_on(day) == loan.position_on(day).totals.interest_accrued
