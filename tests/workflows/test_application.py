"""From an application to the payout, on a real Temporal server, with fakes at the ports."""

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.commands import RetryPayout, Withdraw
from domain.errors import CustomerErased
from domain.evidence import IdentityOutcome, IdentityResult, PayoutOutcome, PayoutResult
from domain.money import Money
from domain.ports import ProviderUnavailable
from domain.status import LoanStatus
from tests.workflows.conftest import Lender
from tests.workflows.lives import decision, disbursed, is_, payloads, refusal_of
from workflows.loan import LoanStart, LoanWorkflow
from workflows.options import LOANS, workflow_id

# --- from application to offer -------------------------------------------------------------------------------------


async def test_a_good_application_is_offered_and_an_accepted_offer_is_paid_out(lender: Lender) -> None:
    outcome = await lender.apply()
    assert outcome.standing.status is LoanStatus.VERIFYING
    await lender.until(is_(LoanStatus.OFFERED))
    outcome = await lender.accept()
    assert outcome.standing.status is LoanStatus.DISBURSING
    standing = await lender.until(is_(LoanStatus.ACTIVE))
    assert standing.outstanding == Money(1_200_00, "USD")
    assert lender.rail.sent == ["1-payout-1"]


async def test_an_application_outside_the_product_is_refused_and_its_workflow_ends(lender: Lender) -> None:
    application = lender.application(amount=1)
    assert await refusal_of(lender.apply(application)) == "OutsideProduct"
    closure = await lender.loan().result()
    assert (closure.status, closure.reason) == (None, "OutsideProduct")


async def test_a_run_whose_message_was_lost_on_the_way_ends_by_itself(lender: Lender) -> None:
    lost = await lender.client.start_workflow(
        LoanWorkflow.run, LoanStart(loan_id="1"), id=workflow_id("1"), task_queue=LOANS
    )
    await lender.clock.advance(lost.id, await lender.clock.now(lost.id) + timedelta(hours=2))
    assert (await lost.result()).reason == "nothing was asked"
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))


async def test_the_same_application_sent_twice_is_one_loan(lender: Lender) -> None:
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    again = await lender.apply()
    assert again.standing.loan_id == "1"
    assert len(lender.books.loans) == 1


async def test_a_low_score_is_declined_with_every_reason(lender: Lender) -> None:
    lender.bureau.score, lender.identity.outcome = 500, IdentityOutcome.FAILED
    await lender.apply()
    closure = await lender.loan().result()
    assert (closure.status, closure.reason) == (LoanStatus.DECLINED, "identity_failed, score_too_low")


async def test_an_officer_approves_less_than_was_asked_by_a_signal(lender: Lender) -> None:
    lender.bureau.score = 620
    await lender.apply()
    await lender.until(is_(LoanStatus.REFERRED))
    await lender.loan().signal(LoanWorkflow.decide_by_signal, decision(lender, "junior", 800_00))
    await lender.until(is_(LoanStatus.OFFERED))
    offer = lender.books.loans["1"].offer
    assert offer is not None
    assert offer.amount == Money(800_00, "USD")


async def test_signal_and_update_run_one_handler_and_the_second_decision_is_refused(lender: Lender) -> None:
    lender.bureau.score = 620
    await lender.apply()
    await lender.until(is_(LoanStatus.REFERRED))
    await lender.loan().execute_update(LoanWorkflow.decide, decision(lender, "junior"))
    assert await refusal_of(lender.loan().execute_update(LoanWorkflow.decide, decision(lender, "senior"))) == (
        "AlreadyDecided"
    )
    await lender.loan().signal(LoanWorkflow.decide_by_signal, decision(lender, "senior", verdict="decline"))
    await lender.accept()
    await lender.until(is_(LoanStatus.ACTIVE))
    assert [name for _, name in lender.books.refused] == ["AlreadyDecided", "AlreadyDecided"]


@pytest.mark.parametrize(
    ("officer", "refused_as"),
    [
        ("junior", "BeyondAuthority"),
        ("borrower", "OwnApplication"),
        ("elsewhere", "NotYourBranch"),
        ("nobody", "UnknownUser"),
    ],
)
async def test_authority_is_looked_up_and_never_taken_from_the_senders_word(
    lender: Lender, officer: str, refused_as: str
) -> None:
    lender.bureau.score = 620
    await lender.apply(lender.application(amount=15_000_00, installments=36))
    await lender.until(is_(LoanStatus.REFERRED))
    assert await refusal_of(lender.loan().execute_update(LoanWorkflow.decide, decision(lender, officer))) == refused_as
    assert lender.books.loans["1"].status is LoanStatus.REFERRED


async def test_a_large_loan_needs_two_different_officers(lender: Lender) -> None:
    lender.bureau.score = 620
    await lender.apply(lender.application(amount=30_000_00, installments=60))
    await lender.until(is_(LoanStatus.REFERRED))
    update = lender.loan().execute_update
    assert (await update(LoanWorkflow.decide, decision(lender, "senior"))).standing.status is LoanStatus.REFERRED
    assert await refusal_of(update(LoanWorkflow.decide, decision(lender, "senior"))) == "BeyondAuthority"
    assert (await update(LoanWorkflow.decide, decision(lender, "second"))).standing.status is LoanStatus.OFFERED


async def test_an_undecided_application_expires_after_fourteen_days(lender: Lender) -> None:
    lender.bureau.score = 620
    await lender.apply()
    await lender.until(is_(LoanStatus.REFERRED))
    await lender.let_pass(days=16)
    closure = await lender.loan().result()
    assert closure.status is LoanStatus.EXPIRED


async def test_an_offer_nobody_accepts_expires_by_its_timer(lender: Lender) -> None:
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.let_pass(days=16)
    assert (await lender.loan().result()).status is LoanStatus.EXPIRED


async def test_an_application_can_be_withdrawn_while_providers_are_asked(lender: Lender) -> None:
    lender.identity.outcome = IdentityOutcome.PENDING
    await lender.apply()
    command = Withdraw(operation_id=lender.operation(), loan_id="1", actor="applicant")
    await lender.loan().execute_update(LoanWorkflow.withdraw, command)
    assert (await lender.loan().result()).status is LoanStatus.WITHDRAWN


async def test_a_message_carried_out_in_a_task_that_then_failed_is_found_in_the_books(lender: Lender) -> None:
    lender.identity.outcome = IdentityOutcome.PENDING
    standing = (await lender.apply()).standing
    command = Withdraw(operation_id=lender.operation(), loan_id="1", actor="applicant")
    at = datetime.combine(standing.business_date, time(12), UTC)
    await lender.books.write(command, at, lambda loan: loan.withdraw(command, at))
    await lender.loan().signal(
        LoanWorkflow.identity_result, IdentityResult(outcome=IdentityOutcome.PASSED, reference="check")
    )
    assert (await lender.loan().result()).status is LoanStatus.WITHDRAWN


async def test_a_pending_identity_check_is_answered_by_webhook(lender: Lender) -> None:
    lender.identity.outcome = IdentityOutcome.PENDING
    await lender.apply()
    result = IdentityResult(outcome=IdentityOutcome.PASSED, reference="check")
    await lender.loan().signal(LoanWorkflow.identity_result, result)
    await lender.until(is_(LoanStatus.OFFERED))


async def test_a_silent_identity_provider_is_asked_again_and_in_the_end_a_person_looks(lender: Lender) -> None:
    lender.identity.outcome = IdentityOutcome.PENDING
    await lender.apply()
    await lender.let_pass(days=8)
    await lender.until(is_(LoanStatus.REFERRED))
    assert len(lender.identity.asked) > 2


async def test_what_the_bureau_says_is_on_file_and_not_in_the_history(lender: Lender) -> None:
    lender.bureau.score = 623
    await lender.apply()
    await lender.until(is_(LoanStatus.REFERRED))
    assert lender.evidence.reports["1-verification"].score == 623
    said = payloads(await lender.history())
    assert any("report-1-verification" in one for one in said)
    assert not any('"score"' in one for one in said)


async def test_an_outage_of_a_provider_parks_the_loan_and_it_goes_on_by_itself(lender: Lender) -> None:
    lender.identity.outages = 3
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    assert lender.identity.asked == ["1-verification"] * 4


async def test_an_application_of_somebody_who_was_erased_meanwhile_ends_by_itself(lender: Lender) -> None:
    lender.people.erased = {"customer-1"}
    lender.identity.refusal = CustomerErased("what was held about the customer was erased")
    await lender.apply()
    closure = await lender.loan().result()
    assert (closure.status, closure.reason) == (
        LoanStatus.CANCELLED,
        "what was held about customer customer-1 was erased",
    )
    assert len(lender.identity.asked) == 2  # in the call to both, and in the one that says why


# --- money out -----------------------------------------------------------------------------------------------------


async def test_a_failed_payout_is_undone_in_the_books_retried_on_request_and_settled(lender: Lender) -> None:
    lender.rail.answers = [PayoutOutcome.FAILED]
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.accept()
    await lender.until(is_(LoanStatus.ACCEPTED))
    assert lender.books.loans["1"].booked.instructed == 0
    command = RetryPayout(operation_id=lender.operation(), loan_id="1", actor="operator")
    await lender.loan().execute_update(LoanWorkflow.retry_payout, command)
    await lender.until(is_(LoanStatus.ACTIVE))
    assert lender.rail.sent == ["1-payout-1", "1-payout-2"]


async def test_a_failed_payout_that_nobody_retries_is_cancelled_at_its_deadline(lender: Lender) -> None:
    lender.rail.answers = [PayoutOutcome.FAILED]
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.accept()
    await lender.until(is_(LoanStatus.ACCEPTED))
    await lender.let_pass(days=9)
    assert (await lender.loan().result()).status is LoanStatus.CANCELLED


async def test_a_pending_payout_is_settled_by_webhook_and_a_second_word_changes_nothing(lender: Lender) -> None:
    lender.rail.answers = [PayoutOutcome.PENDING]
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.accept()
    for outcome in (PayoutOutcome.SETTLED, PayoutOutcome.FAILED, PayoutOutcome.SETTLED):
        result = PayoutResult(outcome=outcome, key="1-payout-1")
        await lender.loan().signal(LoanWorkflow.payout_result, result)
    standing = await lender.until(is_(LoanStatus.ACTIVE))
    assert standing.outstanding == Money(1_200_00, "USD")


async def test_a_silent_rail_is_asked_and_never_paid_under_a_second_key(lender: Lender) -> None:
    lender.rail.answers = [PayoutOutcome.PENDING]
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.accept()
    await lender.until(lambda standing: "1-payout-1" in lender.rail.outcomes)
    lender.rail.outcomes["1-payout-1"] = PayoutOutcome.SETTLED
    await lender.let_pass(days=1)
    await lender.until(is_(LoanStatus.ACTIVE))
    assert set(lender.rail.sent) == {"1-payout-1"}


async def test_a_time_out_of_the_rail_is_not_a_failure(lender: Lender) -> None:
    lender.rail.answers = [ProviderUnavailable("timed out"), ProviderUnavailable("timed out")]
    await disbursed(lender)
    assert lender.rail.sent == ["1-payout-1"] * 3
