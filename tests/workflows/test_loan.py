"""The life of a running loan, on a real Temporal server, with fakes at the ports."""

import asyncio
from dataclasses import replace

from temporalio.client import WorkflowExecutionStatus

from domain.commands import ChargeOff, ReverseTransaction
from domain.evidence import PayoutOutcome, PayoutResult
from domain.status import LoanStatus
from tests.workflows.conftest import Lender
from tests.workflows.lives import decision, disbursed, is_, refusal_of
from workflows.loan import LoanWorkflow
from workflows.starting import revive_loan

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
