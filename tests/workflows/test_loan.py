"""The life of one loan, on a real Temporal server, with fakes at the ports."""

import asyncio
import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.commands import ChargeOff, Decide, OfficerVerdict, RetryPayout, ReverseTransaction, Withdraw
from domain.evidence import IdentityOutcome, IdentityResult, PayoutOutcome, PayoutResult
from domain.money import Money
from domain.ports import ProviderUnavailable
from domain.status import LoanStatus
from domain.views import Standing
from tests.workflows.conftest import Lender
from workflows.loan import LoanStart, LoanWorkflow
from workflows.options import LOANS, workflow_id
from workflows.starting import revive_loan


def is_(*statuses: LoanStatus) -> Callable[[Standing], bool]:
    return lambda standing: standing.status in statuses


async def disbursed(lender: Lender, amount: int = 1_200_00, installments: int = 12) -> Standing:
    await lender.apply(lender.application(amount=amount, installments=installments))
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.accept()
    return await lender.until(is_(LoanStatus.ACTIVE))


def decision(lender: Lender, officer: str, amount: int | None = None, verdict: str = "approve") -> Decide:
    return Decide(
        operation_id=lender.operation(),
        loan_id="1",
        actor=officer,
        verdict=OfficerVerdict(verdict),
        amount=Money(amount, "USD") if amount else None,
        reason="a stable job",
    )


def payloads(history: str) -> list[str]:
    """Everything a history says, decoded."""
    return [base64.b64decode(data).decode(errors="replace") for data in re.findall(r'"data": ?"([^"]+)"', history)]


async def refusal_of(update: object) -> str | None:
    with pytest.raises(WorkflowUpdateFailedError) as failure:
        await update  # type: ignore[misc]
    cause = failure.value.cause
    assert isinstance(cause, ApplicationError)
    return cause.type


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


# --- the loan runs -------------------------------------------------------------------------------------------------


async def test_twelve_payments_on_time_close_the_loan_as_paid(lender: Lender) -> None:
    standing = await disbursed(lender)
    while standing.status is LoanStatus.ACTIVE:
        row = lender.books.loans["1"].position.oldest_unpaid
        assert row is not None
        await lender.let_pass(days=(row.due_date - standing.business_date).days - 5)
        standing = (await lender.pay(row.outstanding)).standing
    closure = await lender.loan().result()
    assert (closure.status, closure.reason) == (LoanStatus.CLOSED, "paid")
    facts = [fact.name for fact in lender.books.loans["1"].facts]
    assert "payment_reminder" not in facts
    assert facts.count("payment_received") == 12


async def test_silence_reminds_falls_due_enters_a_bucket_and_costs_a_late_fee_once(lender: Lender) -> None:
    await disbursed(lender)
    await lender.let_pass(days=45)
    await lender.until(lambda standing: standing.days_past_due > 5)
    loan = lender.books.loans["1"]
    names = [fact.name for fact in loan.facts if fact.actor == "engine"]
    assert names[-4:] == ["payment_reminder", "installment_due", "delinquency_changed", "late_fee_charged"]
    assert loan.booked.penalties_charged == 25_00


async def test_a_cured_loan_leaves_its_bucket_and_is_paid_off_early_at_the_quoted_amount(lender: Lender) -> None:
    await disbursed(lender)
    await lender.let_pass(days=45)
    await lender.until(lambda standing: standing.days_past_due > 5)
    loan = lender.books.loans["1"]
    row = loan.position.oldest_unpaid
    assert row is not None
    await lender.pay(row.outstanding)
    assert lender.books.loans["1"].bucket is None
    payoff = lender.books.loans["1"].position.payoff
    await lender.pay(payoff)
    assert (await lender.loan().result()).reason == "paid"
    assert lender.books.loans["1"].booked.credit_received == 0


async def test_the_same_payment_sent_twice_is_booked_once(lender: Lender) -> None:
    await disbursed(lender)
    first = await lender.pay(10_00, operation_id="once")
    again = await lender.pay(10_00, operation_id="once")
    assert first.receipt == again.receipt
    assert lender.books.loans["1"].booked.principal_paid + lender.books.loans["1"].booked.interest_paid == 10_00


async def test_a_refused_payment_leaves_the_loan_alive(lender: Lender) -> None:
    await disbursed(lender)
    assert await refusal_of(lender.pay(-5)) == "InvalidValue"
    assert (await lender.pay(5_00)).receipt is not None


async def test_a_payment_on_a_loan_that_is_not_paid_out_is_turned_away_at_the_door(lender: Lender) -> None:
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    assert await refusal_of(lender.pay(5_00)) == "NotAllowedNow"


async def test_malformed_signals_and_updates_do_not_stall_a_loan(lender: Lender) -> None:
    await disbursed(lender)
    await lender.loan().signal("decide", {"verdict": 7})
    await lender.loan().signal("payout_result", "nonsense")
    await lender.loan().signal("no_such_signal", [1, 2])
    with pytest.raises(WorkflowUpdateFailedError):
        await lender.loan().execute_update("make_payment", {"amount": "ten"})
    with pytest.raises(WorkflowUpdateFailedError):
        await lender.loan().execute_update("no_such_update", 1)
    assert (await lender.pay(5_00)).receipt is not None


async def test_a_command_that_names_another_loan_is_refused_and_touches_neither(lender: Lender) -> None:
    lender.bureau.score = 620
    for loan_id in ("1", "2"):
        await lender.apply(lender.application(loan_id))
        await lender.until(is_(LoanStatus.REFERRED), loan_id)
    other = replace(decision(lender, "senior"), loan_id="2")
    assert await refusal_of(lender.loan("1").execute_update(LoanWorkflow.decide, other)) == "UnknownLoan"
    await lender.loan("1").signal(LoanWorkflow.decide_by_signal, other)
    assert (
        await lender.loan("1").execute_update(LoanWorkflow.decide, decision(lender, "senior"))
    ).standing.loan_id == "1"
    assert lender.books.loans["2"].status is LoanStatus.REFERRED


async def test_a_thousand_refusals_before_there_is_a_loan_do_not_stall_it(lender: Lender) -> None:
    lender.bureau.score = 620
    await lender.apply()
    await lender.until(is_(LoanStatus.REFERRED))
    first_run = (await lender.loan().describe()).run_id
    while (await lender.loan().describe()).run_id == first_run:
        refused = (lender.loan().execute_update(LoanWorkflow.decide, decision(lender, "nobody")) for _ in range(10))
        assert set(await asyncio.gather(*(refusal_of(one) for one in refused))) == {"UnknownUser"}
    await lender.loan().execute_update(LoanWorkflow.decide, decision(lender, "senior"))
    await lender.accept()
    await lender.until(is_(LoanStatus.ACTIVE))


async def test_a_reversal_that_meets_the_last_payment_keeps_the_loan_alive(lender: Lender) -> None:
    standing = await disbursed(lender)
    assert standing.outstanding is not None
    receipt = (await lender.pay(10_00)).receipt
    assert receipt is not None
    reversal = ReverseTransaction(
        operation_id=lender.operation(),
        loan_id="1",
        actor="operator",
        transaction=receipt.transaction,
        reason="bounced",
    )
    await asyncio.gather(
        lender.pay(standing.outstanding.minor - 10_00),
        lender.loan().execute_update(LoanWorkflow.reverse, reversal, id=reversal.operation_id),
    )
    assert lender.books.loans["1"].status is LoanStatus.ACTIVE
    rest = lender.books.loans["1"].position.payoff
    assert (await lender.pay(rest)).standing.status is LoanStatus.CLOSED


async def test_a_long_life_continues_as_new_and_the_same_payment_is_still_known(lender: Lender) -> None:
    await disbursed(lender, amount=12_000_00, installments=60)
    first_run = (await lender.loan().describe()).run_id
    await lender.pay(10_00, operation_id="before")
    while (await lender.loan().describe()).run_id == first_run:
        await lender.let_pass(days=31)
        await lender.pay(250_00)
    booked = lender.books.loans["1"].booked
    assert (await lender.pay(10_00, operation_id="before")).receipt is not None
    assert lender.books.loans["1"].booked == booked


async def test_a_bounced_payment_brings_a_closed_loan_back_to_life(lender: Lender) -> None:
    standing = await disbursed(lender)
    assert standing.outstanding is not None
    receipt = (await lender.pay(standing.outstanding.minor)).receipt
    assert receipt is not None
    await lender.loan().result()
    command = ReverseTransaction(
        operation_id=lender.operation(),
        loan_id="1",
        actor="operator",
        transaction=receipt.transaction,
        reason="bounced",
    )
    outcome = await lender.client.execute_update_with_start_workflow(
        LoanWorkflow.reverse,
        command,
        id=command.operation_id,
        start_workflow_operation=revive_loan("1", customer_id="customer-1", product_code="personal", summary="revived"),
    )
    assert outcome.standing.status is LoanStatus.ACTIVE
    assert (await lender.pay(10_00)).receipt is not None


async def test_a_charged_off_loan_takes_what_can_be_recovered(lender: Lender) -> None:
    await disbursed(lender)
    command = ChargeOff(operation_id=lender.operation(), loan_id="1", actor="officer", reason="gone abroad")
    await lender.loan().execute_update(LoanWorkflow.charge_off, command)
    await lender.pay(10_00)
    claim = lender.books.loans["1"].position.payoff
    await lender.pay(claim)
    assert (await lender.loan().result()).reason == "paid"
    assert lender.books.loans["1"].booked.recovered == claim + 10_00


# --- cancellation --------------------------------------------------------------------------------------------------


async def test_cancelling_the_workflow_before_the_money_is_out_cancels_the_loan(lender: Lender) -> None:
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.loan().cancel()
    assert (await lender.loan().result()).status is LoanStatus.CANCELLED


async def test_cancelling_while_a_payout_is_on_its_way_undoes_it_when_it_fails(lender: Lender) -> None:
    lender.rail.answers = [PayoutOutcome.PENDING]
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.accept()
    await lender.until(lambda standing: "1-payout-1" in lender.rail.outcomes)
    await lender.loan().cancel()
    result = PayoutResult(outcome=PayoutOutcome.FAILED, key="1-payout-1", reason="account_closed")
    await lender.loan().signal(LoanWorkflow.payout_result, result)
    assert (await lender.loan().result()).status is LoanStatus.CANCELLED
    assert lender.books.loans["1"].booked.instructed == 0


async def test_a_loan_whose_money_is_out_cannot_be_cancelled_and_lives_on(lender: Lender) -> None:
    await disbursed(lender)
    await lender.loan().cancel()
    assert (await lender.pay(5_00)).receipt is not None
    assert (await lender.loan().describe()).status is WorkflowExecutionStatus.RUNNING
    assert [name for _, name in lender.books.refused] == ["NotAllowedNow"]
