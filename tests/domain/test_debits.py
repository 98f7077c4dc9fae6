"""What the books make of direct debits: when they are drawn, how they end, and of a rail that contradicts itself."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.commands import (
    ChargeOff,
    GiveMandate,
    ReportDebitOverdue,
    ResolveDebit,
    ReverseTransaction,
    ReviewDebit,
    RevokeMandate,
)
from domain.debits import booked_debits
from domain.errors import InvalidValue, NotAllowedNow
from domain.evidence import DebitOutcome, DebitResult
from domain.ledger import Account
from domain.loan import Loan
from domain.product import Autopay, LateFee, Servicing
from domain.status import LoanStatus
from domain.transaction import TransactionKind, in_force
from tests.domain.lives import NOON, active, after, asked, journal, pay, status
from tests.fakes import product

FIRST = "1-debit-2026-02-01-1"
DUE = 31  # days after NOON
INSTALLMENT = 106_62
WITH_AUTOPAY = Servicing(
    reminder_days=3, late_fee=LateFee(amount=25_00, grace_days=5), autopay=Autopay(attempts=2, days_between=3)
)


def running(servicing: Servicing = WITH_AUTOPAY) -> Loan:
    """Paid out on 1 January; the first installment is due on 1 February."""
    loan = active()
    loan.product = product(servicing=servicing)
    return loan


def under_mandate() -> Loan:
    loan = running()
    give(loan)
    return loan


def drawn(days: int = DUE) -> Loan:
    """With the first debit on its way, instructed so many days after the payout."""
    loan = under_mandate()
    let_pass(loan, days)
    return loan


def give(loan: Loan, at: datetime = NOON) -> None:
    loan.give_mandate(GiveMandate(**asked()), at)  # type: ignore[arg-type]


def let_pass(loan: Loan, days: int) -> None:
    loan.pass_milestones(f"milestones-{days}", after(days))


def tell(loan: Loan, told: str, days: int = DUE, key: str = FIRST) -> None:
    result = DebitResult(outcome=DebitOutcome(told), key=key, reason="so_said")
    loan.resolve_debit(ResolveDebit(**asked(result=result)), after(days))  # type: ignore[arg-type]


def review(loan: Loan, outcome: str, key: str = FIRST, days: int = DUE) -> None:
    asked_for = asked(key=key, outcome=DebitOutcome(outcome), reason="the bank says so")
    command = ReviewDebit(**asked_for)  # type: ignore[arg-type]
    loan.review_debit(command, after(days))


def outcomes(loan: Loan) -> list[tuple[str, str]]:
    return [(one.key.removeprefix("1-debit-"), one.outcome) for one in booked_debits("1", loan.transactions)]


def told(loan: Loan, name: str) -> list[dict[str, str]]:
    return [fact.details for fact in loan.facts if fact.name == name]


def payments(loan: Loan) -> list[tuple[int, date]]:
    kinds = (TransactionKind.PAYMENT, TransactionKind.PAYOFF, TransactionKind.RECOVERY)
    return [(fact.amount, fact.effective_date) for fact in in_force(loan.transactions) if fact.kind in kinds]


# --- the mandate, and when a debit is drawn ------------------------------------------------------------------------


def test_a_mandate_has_a_reference_of_its_own_each_time_it_is_given() -> None:
    loan = under_mandate()
    loan.revoke_mandate(RevokeMandate(**asked()), after(1))  # type: ignore[arg-type]
    give(loan, after(2))
    assert told(loan, "mandate_given") == [{"reference": "1-mandate-1"}, {"reference": "1-mandate-2"}]
    assert told(loan, "mandate_revoked") == [{"reference": "1-mandate-1"}]


def test_a_mandate_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(NotAllowedNow, match="not paid by direct debit"):
        give(running(Servicing()))
    loan = under_mandate()
    with pytest.raises(NotAllowedNow, match="already"):
        give(loan)
    loan.revoke_mandate(RevokeMandate(**asked()), NOON)  # type: ignore[arg-type]
    with pytest.raises(NotAllowedNow, match="no mandate"):
        loan.revoke_mandate(RevokeMandate(**asked()), NOON)  # type: ignore[arg-type]


def test_on_the_due_date_what_is_due_is_drawn_and_no_money_is_booked_yet() -> None:
    loan = drawn()
    assert told(loan, "debit_instructed") == [{"amount": "106.62 USD", "key": FIRST}]
    standing = loan.standing()
    assert (standing.debit_key, standing.debit_mandate) == (FIRST, "1-mandate-1")
    assert (journal(loan)[Account.CASH], payments(loan)) == (-1_200_00, [])


def test_the_due_date_comes_before_the_debit_of_the_same_day() -> None:
    loan = under_mandate()
    let_pass(loan, DUE - 1)
    assert [m.kind for m in loan.next_milestones()] == ["installment_due", "autopay"]


def test_without_a_mandate_or_after_it_was_revoked_nothing_is_drawn() -> None:
    loan = running()
    let_pass(loan, DUE)
    assert loan.debit is None
    loan = under_mandate()
    loan.revoke_mandate(RevokeMandate(**asked()), after(1))  # type: ignore[arg-type]
    let_pass(loan, DUE)
    assert loan.debit is None


def test_an_installment_that_was_paid_before_is_not_drawn() -> None:
    loan = under_mandate()
    pay(loan, INSTALLMENT, after(10))
    let_pass(loan, DUE + 1)
    assert loan.debit is None


def test_what_is_overdue_when_the_mandate_is_given_is_drawn_with_the_next_installment() -> None:
    loan = running()
    let_pass(loan, DUE + 10)
    give(loan, after(DUE + 10))
    let_pass(loan, DUE + 27)
    assert loan.debit is None
    let_pass(loan, DUE + 28)
    assert loan.debit is not None
    assert (loan.debit.key, loan.debit.amount.minor) == ("1-debit-2026-03-01-1", 2 * INSTALLMENT + 25_00)


def test_days_that_were_missed_draw_once_and_on_the_day_on_which_it_is_done() -> None:
    loan = drawn(DUE + 30)
    assert outcomes(loan) == [("2026-03-01-1", "pending")]
    (debit,) = booked_debits("1", loan.transactions)
    assert debit.collected_on == after(DUE + 30).date()


# --- how a debit ends ----------------------------------------------------------------------------------------------


def test_a_debit_that_settles_days_later_is_a_payment_of_the_day_on_which_it_was_drawn() -> None:
    loan = drawn()
    tell(loan, "settled", DUE + 2)
    assert payments(loan) == [(INSTALLMENT, date(2026, 2, 1))]
    assert (loan.bucket, loan.standing().days_past_due, loan.standing().debit_key) == (None, 0, None)
    assert outcomes(loan) == [("2026-02-01-1", "settled")]


def test_a_debit_that_fails_is_tried_again_under_a_new_key_as_often_as_the_product_says() -> None:
    loan = drawn()
    tell(loan, "failed")
    let_pass(loan, DUE + 2)
    assert outcomes(loan) == [("2026-02-01-1", "failed")]
    let_pass(loan, DUE + 3)
    tell(loan, "failed", DUE + 3, "1-debit-2026-02-01-2")
    let_pass(loan, DUE + 27)
    assert outcomes(loan) == [("2026-02-01-1", "failed"), ("2026-02-01-2", "failed")]
    assert [fact.name for fact in loan.facts].count("late_fee_charged") == 1
    let_pass(loan, DUE + 28)
    assert outcomes(loan)[-1] == ("2026-03-01-1", "pending")
    assert loan.debit is not None
    assert loan.debit.amount.minor == 2 * INSTALLMENT + 25_00


def test_a_debit_that_failed_is_not_tried_again_when_the_borrower_pays_by_hand() -> None:
    loan = drawn()
    tell(loan, "failed")
    pay(loan, INSTALLMENT, after(DUE + 1))
    let_pass(loan, DUE + 5)
    assert outcomes(loan) == [("2026-02-01-1", "failed")]


def test_while_a_debit_is_unknown_no_other_is_sent_and_what_fell_due_meanwhile_is_drawn_at_once_afterwards() -> None:
    loan = drawn()
    let_pass(loan, DUE + 28)
    assert outcomes(loan) == [("2026-02-01-1", "pending")]
    tell(loan, "settled", DUE + 29)
    assert loan.next_milestones()[0].on == after(DUE + 29).date()
    let_pass(loan, DUE + 29)
    assert outcomes(loan) == [("2026-02-01-1", "settled"), ("2026-03-01-1", "pending")]
    assert loan.debit is not None
    assert loan.debit.amount.minor == INSTALLMENT + 25_00


def test_what_a_debit_brings_in_too_much_is_the_customers_credit() -> None:
    loan = drawn()
    pay(loan, loan.position.payoff, after(DUE))
    assert status(loan) is LoanStatus.CLOSED
    assert loan.standing().debit_key == FIRST
    tell(loan, "settled", DUE + 2)
    assert (status(loan), loan.position.credit) == (LoanStatus.CLOSED, INSTALLMENT)
    assert [fact.name for fact in loan.facts].count("loan_closed") == 1


def test_the_last_installment_drawn_closes_the_loan() -> None:
    loan = under_mandate()
    pay(loan, 11 * INSTALLMENT, after(10))
    days = (date(2027, 1, 1) - NOON.date()).days
    let_pass(loan, days)
    assert loan.debit is not None
    tell(loan, "settled", days, loan.debit.key)
    assert (status(loan), loan.closure, loan.position.payoff) == (LoanStatus.CLOSED, "paid", 0)


def test_a_debit_that_settles_after_the_charge_off_lessens_the_loss() -> None:
    loan = drawn()
    loan.charge_off(ChargeOff(**asked(reason="bankrupt")), after(DUE + 1))  # type: ignore[arg-type]
    before = journal(loan)[Account.CREDIT_LOSSES]
    tell(loan, "settled", DUE + 2)
    assert (status(loan), outcomes(loan)) == (LoanStatus.CHARGED_OFF, [("2026-02-01-1", "settled")])
    assert journal(loan)[Account.CREDIT_LOSSES] == before - INSTALLMENT


@pytest.mark.parametrize(("outcome", "key"), [("pending", "1-debit-2026-02-01-1"), ("settled", "1-debit-2026-02-01-7")])
def test_a_word_that_is_no_end_or_on_a_key_that_nobody_sent_is_refused(outcome: str, key: str) -> None:
    loan = drawn()
    with pytest.raises(InvalidValue):
        tell(loan, outcome, key=key)


# --- returned ------------------------------------------------------------------------------------------------------


def test_a_debit_returned_weeks_later_undoes_its_payment_once() -> None:
    loan = drawn()
    tell(loan, "settled")
    for _ in range(3):
        tell(loan, "returned", DUE + 20)
        tell(loan, "settled", DUE + 20)
    assert payments(loan) == []
    assert told(loan, "debit_returned") == [{"key": FIRST}]
    assert outcomes(loan) == [("2026-02-01-1", "returned")]
    assert (loan.bucket, loan.standing().assigned_to) == ("1-29", None)


def test_a_return_that_overtakes_the_settlement_is_both() -> None:
    loan = drawn()
    tell(loan, "returned")
    tell(loan, "settled")
    assert (payments(loan), outcomes(loan)) == ([], [("2026-02-01-1", "returned")])
    assert loan.standing().assigned_to is None


def test_a_return_brings_a_closed_loan_back_to_life() -> None:
    loan = under_mandate()
    pay(loan, 11 * INSTALLMENT, after(10))
    days = (date(2027, 1, 1) - NOON.date()).days
    let_pass(loan, days)
    assert loan.debit is not None
    key = loan.debit.key
    tell(loan, "settled", days, key)
    tell(loan, "returned", days + 10, key)
    assert (status(loan), loan.closure) == (LoanStatus.ACTIVE, None)
    assert loan.standing().days_past_due == 10


def test_a_payment_that_was_reversed_by_hand_is_not_undone_again_by_the_return() -> None:
    loan = drawn()
    tell(loan, "settled")
    number = next(fact.number for fact in loan.transactions if fact.kind is TransactionKind.PAYMENT)
    loan.reverse(ReverseTransaction(**asked(transaction=number, reason="returned")), after(DUE + 5))  # type: ignore[arg-type]
    tell(loan, "returned", DUE + 6)
    assert (told(loan, "debit_returned"), payments(loan)) == ([], [])


# --- in doubt ------------------------------------------------------------------------------------------------------


def test_told_failed_and_then_settled_moves_no_money_draws_nothing_more_and_waits_for_a_person() -> None:
    loan = drawn()
    tell(loan, "failed")
    for _ in range(2):
        tell(loan, "settled")
    assert told(loan, "debit_contradicted") == [{"key": FIRST, "stands": "failed", "told": "settled"}]
    assert (payments(loan), loan.standing().assigned_to) == ([], "operations")
    let_pass(loan, DUE + 40)
    assert outcomes(loan) == [("2026-02-01-1", "failed")]


def test_reviewed_as_settled_a_failed_debit_is_a_payment_after_all() -> None:
    loan = drawn()
    tell(loan, "failed")
    tell(loan, "settled")
    review(loan, "settled")
    assert payments(loan) == [(INSTALLMENT, date(2026, 2, 1))]
    assert (outcomes(loan), loan.standing().assigned_to) == ([("2026-02-01-1", "settled")], None)


def test_reviewed_as_failed_it_is_tried_again() -> None:
    loan = drawn()
    tell(loan, "failed")
    tell(loan, "settled")
    review(loan, "failed")
    let_pass(loan, DUE + 3)
    assert outcomes(loan) == [("2026-02-01-1", "failed"), ("2026-02-01-2", "pending")]


def test_told_settled_and_then_failed_a_person_decides_whether_the_payment_stands() -> None:
    loan = drawn()
    tell(loan, "settled")
    tell(loan, "failed")
    assert (len(payments(loan)), loan.standing().assigned_to) == (1, "operations")
    review(loan, "failed")
    assert (payments(loan), loan.standing().assigned_to) == ([], None)


def test_a_return_ends_a_doubt() -> None:
    loan = drawn()
    tell(loan, "settled")
    tell(loan, "failed")
    tell(loan, "returned")
    assert (payments(loan), loan.standing().assigned_to) == ([], None)


def test_an_overdue_debit_is_assigned_once_and_until_it_ends_or_a_person_says_how() -> None:
    loan = drawn()
    for _ in range(2):
        loan.report_debit_overdue(ReportDebitOverdue(**asked(key=FIRST)), after(DUE + 6))  # type: ignore[arg-type]
    assert (told(loan, "debit_overdue"), loan.standing().assigned_to) == ([{"key": FIRST}], "operations")
    review(loan, "failed", days=DUE + 7)
    assert (outcomes(loan), loan.standing().assigned_to) == ([("2026-02-01-1", "failed")], None)
    tell(loan, "settled", DUE + 8)
    assert loan.standing().assigned_to == "operations"


def test_a_review_of_what_nobody_doubts_or_without_an_answer_is_refused() -> None:
    loan = drawn()
    with pytest.raises(NotAllowedNow):
        review(loan, "settled")
    tell(loan, "settled")
    tell(loan, "failed")
    with pytest.raises(InvalidValue):
        review(loan, "returned")
    with pytest.raises(NotAllowedNow):
        review(loan, "settled", key="1-debit-2026-03-01-1")


WORDS = st.lists(st.tuples(st.sampled_from(["settled", "failed", "returned"]), st.integers(0, 40)), max_size=8)


@settings(max_examples=60, deadline=None)
@given(words=WORDS, reviewed=st.sampled_from([None, "settled", "failed"]))
def test_whatever_the_rail_says_in_whatever_order_a_debit_is_at_most_one_payment_and_the_books_balance(
    words: list[tuple[str, int]], reviewed: str | None
) -> None:
    loan, day = drawn(), DUE
    for word, days in words:
        day += days
        tell(loan, word, day)
        assert len(payments(loan)) == [outcome for _, outcome in outcomes(loan)].count("settled") <= 1
    if reviewed and loan.debit and FIRST in loan.debit.contradicted:
        review(loan, reviewed, days=day)
        assert (outcomes(loan)[0][1] == "settled") == (len(payments(loan)) == 1) == (reviewed == "settled")
        assert loan.standing().assigned_to is None
    assert loan.position_on(loan.accrued_through).totals == loan.booked
    assert sum(journal(loan).values()) == 0
