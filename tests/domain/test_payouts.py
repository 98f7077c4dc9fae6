"""What the books make of a rail that is late, or contradicts itself."""

import pytest

from domain.commands import ReportPayoutOverdue, RetryPayout, ReverseTransaction, ReviewPayout
from domain.errors import BookedSince, InvalidValue, NotAllowedNow
from domain.evidence import PayoutOutcome
from domain.ledger import Account
from domain.loan import Loan
from domain.payouts import booked_payouts
from domain.status import LoanStatus
from tests.domain.lives import NOON, accepted, after, asked, journal, offered, pay, resolve

KEY = "1-payout-1"


def told(loan: Loan, name: str) -> list[dict[str, str]]:
    return [fact.details for fact in loan.facts if fact.name == name]


def doubtful() -> Loan:
    """Told failed, then settled."""
    loan = accepted()
    resolve(loan, PayoutOutcome.FAILED)
    resolve(loan, PayoutOutcome.SETTLED)
    return loan


def review(loan: Loan, outcome: PayoutOutcome) -> None:
    loan.review_payout(ReviewPayout(**asked(outcome=outcome, reason="seen")), NOON)  # type: ignore[arg-type]


def retry(loan: Loan) -> None:
    loan.retry_payout(RetryPayout(**asked()), NOON)  # type: ignore[arg-type]


def test_a_contradiction_moves_no_money_and_is_kept_once_for_a_person() -> None:
    loan = doubtful()
    resolve(loan, PayoutOutcome.SETTLED)
    assert journal(loan) == {}
    assert told(loan, "payout_contradicted") == [{"key": KEY, "stands": "failed", "told": "settled"}]
    assert loan.standing().assigned_to == "operations"


@pytest.mark.parametrize("loan", [offered(), accepted()])
def test_a_word_on_a_payout_that_nobody_sent_is_refused(loan: Loan) -> None:
    with pytest.raises(InvalidValue, match="names no payout"):
        resolve(loan, PayoutOutcome.SETTLED, key="1-payout-2")


def test_the_same_word_again_is_no_contradiction() -> None:
    loan = accepted()
    for _ in range(3):
        resolve(loan, PayoutOutcome.SETTLED)
    assert (told(loan, "payout_contradicted"), loan.standing().assigned_to) == ([], None)


def test_while_it_is_in_doubt_nothing_is_paid_again_and_no_deadline_passes() -> None:
    loan = doubtful()
    with pytest.raises(NotAllowedNow):
        retry(loan)
    loan.pass_milestones("milestones", after(400))
    assert loan.status is LoanStatus.ACCEPTED


def test_reviewed_as_settled_the_failure_is_reversed_and_the_loan_disbursed() -> None:
    loan = doubtful()
    review(loan, PayoutOutcome.SETTLED)
    assert journal(loan) == {Account.CASH: -1_200_00, Account.LOAN_PRINCIPAL: 1_200_00}
    assert (loan.status, loan.standing().assigned_to) == (LoanStatus.ACTIVE, None)
    assert [(one.key, one.outcome) for one in booked_payouts("1", loan.transactions)] == [(KEY, "settled")]


def test_reviewed_as_failed_it_may_be_tried_again_until_the_deadline() -> None:
    loan = doubtful()
    review(loan, PayoutOutcome.FAILED)
    assert loan.waits_until is not None
    retry(loan)
    assert [one.outcome for one in booked_payouts("1", loan.transactions)] == ["failed", "pending"]


def test_a_late_word_on_the_first_attempt_is_kept_while_the_second_is_under_way() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.FAILED)
    retry(loan)
    resolve(loan, PayoutOutcome.SETTLED, key=KEY)
    assert (loan.status, loan.standing().assigned_to) == (LoanStatus.DISBURSING, "operations")
    with pytest.raises(NotAllowedNow):
        review(loan, PayoutOutcome.SETTLED)
    resolve(loan, PayoutOutcome.FAILED, key="1-payout-2")
    assert (loan.status, loan.waits_until) == (LoanStatus.ACCEPTED, None)
    with pytest.raises(NotAllowedNow):
        retry(loan)


def test_a_cancelled_loan_whose_money_arrived_comes_to_life_by_review() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.FAILED)
    loan.pass_milestones("milestones", after(400))
    assert loan.status is LoanStatus.CANCELLED
    resolve(loan, PayoutOutcome.SETTLED)
    review(loan, PayoutOutcome.SETTLED)
    assert (loan.status, loan.closure) == (LoanStatus.ACTIVE, None)


def test_a_review_of_what_is_not_in_doubt_or_without_an_answer_is_refused() -> None:
    with pytest.raises(NotAllowedNow):
        review(accepted(), PayoutOutcome.SETTLED)
    loan = doubtful()
    with pytest.raises(InvalidValue):
        review(loan, PayoutOutcome.PENDING)
    review(loan, PayoutOutcome.SETTLED)
    with pytest.raises(NotAllowedNow):
        review(loan, PayoutOutcome.SETTLED)


def never_arrived() -> Loan:
    """Told settled, then failed, and a month has passed."""
    loan = accepted()
    resolve(loan, PayoutOutcome.SETTLED)
    resolve(loan, PayoutOutcome.FAILED)
    loan.pass_milestones("milestones", after(32))
    return loan


def test_a_payout_that_is_found_to_have_arrived_stands() -> None:
    loan = never_arrived()
    review(loan, PayoutOutcome.SETTLED)
    assert (loan.status, loan.standing().assigned_to) == (LoanStatus.ACTIVE, None)


def test_a_payout_that_never_arrived_is_undone_with_all_that_the_loan_has_earned_and_may_be_tried_again() -> None:
    loan = never_arrived()
    assert journal(loan)[Account.INTEREST_INCOME] != 0
    review(loan, PayoutOutcome.FAILED)
    assert (journal(loan), loan.bucket, loan.standing().assigned_to) == ({}, None, None)
    assert (loan.status, loan.waits_until is None) == (LoanStatus.ACCEPTED, False)
    retry(loan)
    resolve(loan, PayoutOutcome.SETTLED, key="1-payout-2", at=after(40))
    assert [one.outcome for one in booked_payouts("1", loan.transactions)] == ["failed", "settled"]
    assert (loan.position.principal, loan.position.installments[0].start_date) == (1_200_00, after(40).date())
    with pytest.raises(InvalidValue):
        pay(loan, 1_00, after(41), effective=after(39).date())


def test_a_payout_that_never_arrived_and_was_paid_on_is_undone_only_after_the_payment_is() -> None:
    loan = never_arrived()
    paid = pay(loan, 50_00, after(33))
    with pytest.raises(BookedSince, match=f"transaction {paid.transaction}, a payment"):
        review(loan, PayoutOutcome.FAILED)
    loan.reverse(ReverseTransaction(**asked(transaction=paid.transaction, reason="wrong loan")), after(33))  # type: ignore[arg-type]
    review(loan, PayoutOutcome.FAILED)
    assert (loan.status, journal(loan)) == (LoanStatus.ACCEPTED, {})


def test_a_late_word_on_an_earlier_attempt_does_not_undo_the_one_that_arrived() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.FAILED)
    retry(loan)
    resolve(loan, PayoutOutcome.SETTLED, key="1-payout-2")
    resolve(loan, PayoutOutcome.SETTLED, key=KEY)
    review(loan, PayoutOutcome.FAILED)
    assert (loan.status, loan.standing().assigned_to) == (LoanStatus.ACTIVE, None)


def test_an_overdue_payout_is_assigned_once_and_until_it_is_resolved() -> None:
    loan = accepted()
    for _ in range(2):
        loan.report_payout_overdue(ReportPayoutOverdue(**asked(key=KEY)), NOON)  # type: ignore[arg-type]
    assert (told(loan, "payout_overdue"), loan.standing().assigned_to) == ([{"key": KEY}], "operations")
    resolve(loan, PayoutOutcome.SETTLED)
    assert loan.standing().assigned_to is None
