"""What becomes of a payout when the rail is silent, late, or contradicts itself: with fakes at the ports."""

import asyncio
from collections.abc import Sequence
from typing import Any

from domain.commands import RetryPayout, ReviewPayout
from domain.evidence import PayoutOutcome, PayoutResult
from domain.money import Money
from domain.status import LoanStatus
from tests.workflows.conftest import Lender
from tests.workflows.lives import is_, refusal_of
from workflows.loan import LoanWorkflow
from workflows.options import ASSIGNED_TO
from workflows.starting import revive_loan, tell_loan

KEY = "1-payout-1"


async def sent(lender: Lender) -> None:
    """A payout on its way, of which the rail will tell by webhook."""
    lender.rail.answers = [PayoutOutcome.PENDING]
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.accept()
    await lender.until(lambda standing: KEY in lender.rail.outcomes)


async def rail_tells(lender: Lender, *outcomes: str, reason: str | None = None) -> None:
    for outcome in outcomes:
        result = PayoutResult(outcome=PayoutOutcome(outcome), key=KEY, reason=reason)
        await lender.loan().signal(LoanWorkflow.payout_result, result)


async def until_assigned_to(lender: Lender, whom: str | None) -> None:
    await lender.until(lambda standing: standing.assigned_to == whom)
    described = await lender.loan().describe()
    for _ in range(100):
        if described.typed_search_attributes.get(ASSIGNED_TO) == whom:
            return
        described = await lender.loan().describe()
    raise AssertionError(f"the loan is not assigned to {whom}")


def facts(lender: Lender, name: str) -> Sequence[dict[str, Any]]:
    return [dict(fact.details) for fact in lender.books.loans["1"].facts if fact.name == name]


def review(lender: Lender, outcome: str) -> ReviewPayout:
    return ReviewPayout(
        operation_id=lender.operation(),
        loan_id="1",
        actor="operator",
        outcome=PayoutOutcome(outcome),
        reason="the bank's statement says so",
    )


async def test_told_failed_and_then_settled_the_first_word_stands_and_a_person_is_told(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "failed", "settled", "settled", "failed", reason="told_so")
    await until_assigned_to(lender, "operations")
    assert lender.books.loans["1"].status is LoanStatus.ACCEPTED
    assert facts(lender, "payout_contradicted") == [{"key": KEY, "stands": "failed", "told": "settled"}]
    assert lender.books.loans["1"].booked.instructed == 0


async def test_told_settled_and_then_failed_the_loan_runs_on_and_a_person_is_told(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "settled", "failed")
    await until_assigned_to(lender, "operations")
    assert lender.books.loans["1"].status is LoanStatus.ACTIVE
    assert (await lender.pay(5_00)).receipt is not None


async def test_a_word_on_a_payout_that_nobody_has_sent_yet_is_refused_and_the_true_one_counts(lender: Lender) -> None:
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await rail_tells(lender, "failed")
    await lender.until(lambda standing: bool(lender.books.refused))
    lender.rail.answers = [PayoutOutcome.PENDING]
    await lender.accept()
    await lender.until(lambda standing: KEY in lender.rail.outcomes)
    await rail_tells(lender, "settled")
    await lender.until(is_(LoanStatus.ACTIVE))
    assert [refusal for _, refusal in lender.books.refused] == ["InvalidValue"]


async def test_words_that_come_as_the_payout_is_sent_stall_nothing(lender: Lender) -> None:
    """Which of them are too early, and which is the first that counts, is a matter of milliseconds."""
    lender.rail.answers = [PayoutOutcome.PENDING]
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    accepting = asyncio.create_task(lender.accept())
    for _ in range(20):
        await rail_tells(lender, "failed")
    await accepting
    await lender.until(lambda standing: KEY in lender.rail.outcomes)
    await rail_tells(lender, "settled")
    ended = await lender.until(lambda one: one.status is LoanStatus.ACTIVE or one.assigned_to == "operations")
    assert len(facts(lender, "payout_contradicted")) == (0 if ended.status is LoanStatus.ACTIVE else 1)


async def test_nothing_is_paid_out_again_while_a_payout_may_have_arrived(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "failed", "settled")
    await until_assigned_to(lender, "operations")
    retry = RetryPayout(operation_id=lender.operation(), loan_id="1", actor="operator")
    assert await refusal_of(lender.loan().execute_update(LoanWorkflow.retry_payout, retry)) == "NotAllowedNow"
    await lender.let_pass(days=400)
    assert lender.books.loans["1"].status is LoanStatus.ACCEPTED
    assert lender.rail.sent == [KEY]


async def test_a_person_finds_that_the_money_arrived_and_the_loan_begins(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "failed", "settled")
    await until_assigned_to(lender, "operations")
    await lender.loan().execute_update(LoanWorkflow.review_payout, review(lender, "settled"))
    standing = await lender.until(is_(LoanStatus.ACTIVE))
    assert standing.outstanding == Money(1_200_00, "USD")
    await until_assigned_to(lender, None)
    assert lender.rail.sent == [KEY]


async def test_a_person_finds_that_it_did_not_and_the_payout_is_tried_again(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "failed", "settled")
    await until_assigned_to(lender, "operations")
    await lender.loan().execute_update(LoanWorkflow.review_payout, review(lender, "failed"))
    await until_assigned_to(lender, None)
    retry = RetryPayout(operation_id=lender.operation(), loan_id="1", actor="operator")
    await lender.loan().execute_update(LoanWorkflow.retry_payout, retry)
    await lender.until(is_(LoanStatus.ACTIVE))
    assert lender.rail.sent == [KEY, "1-payout-2"]


async def test_a_review_of_what_nobody_doubts_is_refused(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "settled")
    await lender.until(is_(LoanStatus.ACTIVE))
    update = lender.loan().execute_update(LoanWorkflow.review_payout, review(lender, "failed"))
    assert await refusal_of(update) == "NotAllowedNow"


async def test_a_person_finds_that_a_settled_payout_never_arrived_and_it_is_sent_anew(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "settled", "failed")
    await until_assigned_to(lender, "operations")
    await lender.loan().execute_update(LoanWorkflow.review_payout, review(lender, "failed"))
    await until_assigned_to(lender, None)
    assert lender.books.loans["1"].status is LoanStatus.ACCEPTED
    retry = RetryPayout(operation_id=lender.operation(), loan_id="1", actor="operator")
    await lender.loan().execute_update(LoanWorkflow.retry_payout, retry)
    await lender.until(is_(LoanStatus.ACTIVE))
    assert lender.rail.sent == [KEY, "1-payout-2"]


async def test_a_rail_that_stays_silent_for_a_day_is_given_to_a_person_until_it_speaks(lender: Lender) -> None:
    await sent(lender)
    await lender.let_pass(days=2)
    await until_assigned_to(lender, "operations")
    assert facts(lender, "payout_overdue") == [{"key": KEY}]
    await rail_tells(lender, "settled")
    await lender.until(is_(LoanStatus.ACTIVE))
    await until_assigned_to(lender, None)
    assert lender.rail.sent == [KEY]


async def test_a_contradiction_reaches_the_books_of_a_loan_that_is_over(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "failed")
    await lender.until(is_(LoanStatus.ACCEPTED))
    await lender.let_pass(days=60)
    assert (await lender.loan().result()).status is LoanStatus.CANCELLED
    late = PayoutResult(outcome=PayoutOutcome.SETTLED, key=KEY)
    await tell_loan(lender.client, "1", late, customer_id="customer-1", product_code="personal", summary="late word")
    await until_assigned_to(lender, "operations")
    assert lender.books.loans["1"].status is LoanStatus.CANCELLED


async def test_a_word_that_comes_a_second_time_to_a_loan_that_is_over_changes_nothing(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "failed")
    await lender.until(is_(LoanStatus.ACCEPTED))
    await lender.let_pass(days=60)
    before = list(lender.books.loans["1"].facts)
    same = PayoutResult(outcome=PayoutOutcome.FAILED, key=KEY)
    await tell_loan(lender.client, "1", same, customer_id="customer-1", product_code="personal", summary="late word")
    await lender.loan().result()
    assert lender.books.loans["1"].facts == before


async def test_a_cancelled_loan_whose_money_arrived_after_all_lives_on(lender: Lender) -> None:
    await sent(lender)
    await rail_tells(lender, "failed")
    await lender.until(is_(LoanStatus.ACCEPTED))
    await lender.let_pass(days=60)
    await lender.loan().result()
    late = PayoutResult(outcome=PayoutOutcome.SETTLED, key=KEY)
    await tell_loan(lender.client, "1", late, customer_id="customer-1", product_code="personal", summary="late word")
    await until_assigned_to(lender, "operations")
    again = revive_loan("1", customer_id="customer-1", product_code="personal", summary="revived")
    await lender.client.execute_update_with_start_workflow(
        LoanWorkflow.review_payout, review(lender, "settled"), id="review", start_workflow_operation=again
    )
    await lender.until(is_(LoanStatus.ACTIVE))
    assert (await lender.pay(5_00)).receipt is not None
