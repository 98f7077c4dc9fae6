"""What becomes of a direct debit when the rail is silent, late, or contradicts itself: with fakes at the ports."""

from datetime import UTC, date, datetime

import pytest

from domain.commands import Command, GiveMandate, ReverseTransaction, ReviewDebit, RevokeMandate
from domain.debits import booked_debits
from domain.evidence import DebitOutcome, DebitResult
from domain.ports import ProviderRefused, ProviderUnavailable
from domain.product import Autopay, LateFee, Servicing
from domain.status import LoanStatus
from tests.fakes import product
from tests.workflows.conftest import Lender
from tests.workflows.lives import disbursed, is_, refusal_of
from tests.workflows.test_payouts import facts, until_assigned_to
from workflows.loan import LoanWorkflow
from workflows.options import workflow_id
from workflows.starting import tell_loan

INSTALLMENT = 106_62
LATE_FEE = LateFee(amount=25_00, grace_days=20)
RULE = Servicing(reminder_days=None, late_fee=LATE_FEE, autopay=Autopay(attempts=2, days_between=3))


def asked(lender: Lender, kind: type[Command], **more: object) -> Command:
    return kind(operation_id=lender.operation(), loan_id="1", actor="somebody", **more)


async def under_mandate(lender: Lender, *answers: DebitOutcome | Exception) -> None:
    """A loan that runs and is paid by direct debit; the rail answers so in turn."""
    lender.books.products["personal"] = product(servicing=RULE)
    lender.rail.debit_answers = list(answers)
    await disbursed(lender)
    await lender.loan().execute_update("give_mandate", asked(lender, GiveMandate))


async def drawn(lender: Lender, *answers: DebitOutcome | Exception) -> str:
    """The key of the first debit, on its way since this moment."""
    await under_mandate(lender, *answers or (DebitOutcome.PENDING,))
    await come_to(lender, due_date(lender, 1))
    await lender.until(lambda standing: lender.rail.drawn != [])
    return key_of(lender, 1)


def due_date(lender: Lender, installment: int) -> date:
    return lender.books.loans["1"].position.installments[installment - 1].due_date


def key_of(lender: Lender, installment: int, attempt: int = 1) -> str:
    return f"1-debit-{due_date(lender, installment)}-{attempt}"


async def come_to(lender: Lender, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    await lender.clock.advance(workflow_id("1"), noon)


async def rail_tells(lender: Lender, key: str, *told: str) -> None:
    for outcome in told:
        result = DebitResult(outcome=DebitOutcome(outcome), key=key)
        await lender.loan().signal(LoanWorkflow.debit_result, result)


async def until_debits_are(lender: Lender, *outcomes: str) -> None:
    def holds(_: object) -> bool:
        return tuple(one.outcome for one in booked_debits("1", lender.books.loans["1"].transactions)) == outcomes

    await lender.until(holds)


def sent(lender: Lender) -> list[str]:
    return [key for key, _ in lender.rail.drawn]


def paid(lender: Lender) -> int:
    return lender.books.loans["1"].booked.principal_paid


async def test_each_installment_is_drawn_on_its_day_until_the_loan_is_paid(lender: Lender) -> None:
    await under_mandate(lender)
    await lender.let_pass(days=400)
    closure = await lender.loan().result()
    assert (closure.status, closure.reason) == (LoanStatus.CLOSED, "paid")
    assert sent(lender) == [key_of(lender, number) for number in range(1, 13)]
    assert {amount.minor for _, amount in lender.rail.drawn[:-1]} == {INSTALLMENT}
    assert facts(lender, "delinquency_changed") == []


async def test_told_by_webhook_it_is_a_payment_of_the_day_on_which_it_was_drawn(lender: Lender) -> None:
    key = await drawn(lender)
    await lender.let_pass(days=2)
    await rail_tells(lender, key, "settled", "settled")
    await until_debits_are(lender, "settled")
    assert facts(lender, "payment_received") == [
        {"amount": "106.62 USD", "effective_date": str(due_date(lender, 1)), "debit": key}
    ]
    assert sent(lender) == [key]


async def test_a_debit_that_fails_is_tried_again_under_a_new_key_and_then_no_more(lender: Lender) -> None:
    await drawn(lender, DebitOutcome.FAILED, DebitOutcome.FAILED)
    await until_debits_are(lender, "failed")
    await lender.let_pass(days=15)
    await until_debits_are(lender, "failed", "failed")
    assert sent(lender) == [key_of(lender, 1), key_of(lender, 1, attempt=2)]


async def test_a_refused_debit_has_failed(lender: Lender) -> None:
    await drawn(lender, ProviderRefused("no_bank_account"))
    await until_debits_are(lender, "failed")


async def test_a_time_out_is_unknown_and_is_asked_about_and_never_sent_under_another_key(lender: Lender) -> None:
    key = await drawn(lender, *[ProviderUnavailable("no answer")] * 3, DebitOutcome.SETTLED)
    await until_debits_are(lender, "settled")
    assert set(sent(lender)) == {key}


async def test_an_outcome_that_is_never_told_is_asked_for(lender: Lender) -> None:
    key = await drawn(lender)
    lender.rail.debits[key] = DebitOutcome.SETTLED
    await lender.let_pass(days=1)
    await until_debits_are(lender, "settled")


async def test_a_rail_that_has_never_heard_of_it_is_sent_the_same_again(lender: Lender) -> None:
    key = await drawn(lender)
    del lender.rail.debits[key]
    await lender.let_pass(days=1)
    await until_debits_are(lender, "settled")
    assert sent(lender) == [key, key]


async def test_a_rail_that_stays_silent_for_five_days_is_given_to_a_person_until_it_speaks(lender: Lender) -> None:
    key = await drawn(lender)
    await lender.let_pass(days=8)
    await until_assigned_to(lender, "operations")
    assert facts(lender, "debit_overdue") == [{"key": key}]
    await rail_tells(lender, key, "settled")
    await until_assigned_to(lender, None)
    assert sent(lender) == [key]


async def test_a_person_says_how_an_overdue_debit_ended(lender: Lender) -> None:
    key = await drawn(lender)
    await lender.let_pass(days=8)
    await until_assigned_to(lender, "operations")
    review = asked(lender, ReviewDebit, key=key, outcome=DebitOutcome.FAILED, reason="the bank says so")
    await lender.loan().execute_update("review_debit", review)
    await until_assigned_to(lender, None)
    await lender.let_pass(days=5)
    assert sent(lender) == [key, key_of(lender, 1, attempt=2)]


async def test_told_failed_and_then_settled_nothing_more_is_drawn_until_a_person_has_looked(lender: Lender) -> None:
    key = await drawn(lender)
    await rail_tells(lender, key, "failed", "settled")
    await until_assigned_to(lender, "operations")
    await lender.let_pass(days=40)
    assert sent(lender) == [key]
    review = asked(lender, ReviewDebit, key=key, outcome=DebitOutcome.SETTLED, reason="the bank's statement says so")
    await lender.loan().execute_update("review_debit", review)
    await until_assigned_to(lender, None)
    await until_debits_are(lender, "settled", "settled")


async def test_a_review_of_what_nobody_doubts_is_refused(lender: Lender) -> None:
    key = await drawn(lender)
    review = asked(lender, ReviewDebit, key=key, outcome=DebitOutcome.SETTLED, reason="a feeling")
    assert await refusal_of(lender.loan().execute_update("review_debit", review)) == "NotAllowedNow"


async def test_the_loan_goes_on_while_a_debit_is_on_its_way(lender: Lender) -> None:
    key = await drawn(lender)
    receipt = (await lender.pay(50_00)).receipt
    assert receipt is not None
    undo = asked(lender, ReverseTransaction, transaction=receipt.transaction, reason="a mistake")
    await lender.loan().execute_update("reverse", undo)
    await lender.loan().execute_update("revoke_mandate", asked(lender, RevokeMandate))
    await rail_tells(lender, key, "settled")
    await until_debits_are(lender, "settled")
    await lender.let_pass(days=70)
    assert sent(lender) == [key]


async def test_a_loan_that_is_paid_off_meanwhile_waits_for_its_debit_which_becomes_credit(lender: Lender) -> None:
    key = await drawn(lender)
    payoff = lender.books.loans["1"].position.payoff
    assert (await lender.pay(payoff)).standing.status is LoanStatus.CLOSED
    await rail_tells(lender, key, "settled")
    assert (await lender.loan().result()).status is LoanStatus.CLOSED
    assert lender.books.loans["1"].position.credit == INSTALLMENT


@pytest.mark.parametrize("told", [("settled", "returned"), ("returned", "settled"), ("returned", "returned")])
async def test_a_returned_debit_undoes_its_payment_once_in_whatever_order_it_is_told(
    lender: Lender, told: tuple[str, str]
) -> None:
    key = await drawn(lender)
    await rail_tells(lender, key, *told)
    await until_debits_are(lender, "returned")
    await rail_tells(lender, key, *told)
    await lender.pay(1_00)  # and so whatever was told is booked
    assert facts(lender, "debit_returned") == [{"key": key}]
    assert lender.books.loans["1"].standing().assigned_to is None


async def test_a_return_weeks_later_brings_a_closed_loan_back_to_life(lender: Lender) -> None:
    key = await drawn(lender, DebitOutcome.SETTLED)
    await until_debits_are(lender, "settled")
    await lender.pay(lender.books.loans["1"].position.payoff)
    await lender.loan().result()
    late = DebitResult(outcome=DebitOutcome.RETURNED, key=key, reason="refused_by_the_payer")
    for _ in range(2):
        await tell_loan(lender.client, "1", late, customer_id="customer-1", product_code="personal", summary="late")
    await lender.until(is_(LoanStatus.ACTIVE))
    assert (await lender.pay(lender.books.loans["1"].position.payoff)).standing.status is LoanStatus.CLOSED


async def test_a_run_that_continues_as_new_carries_a_debit_on_its_way(lender: Lender) -> None:
    key = await drawn(lender)
    first = (await lender.loan().describe()).run_id
    while (await lender.loan().describe()).run_id == first:
        await lender.pay(1)
    await rail_tells(lender, key, "settled")
    await until_debits_are(lender, "settled")
    assert set(sent(lender)) == {key}
