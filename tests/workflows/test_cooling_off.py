"""A loan that is given back, on its own clock."""

from dataclasses import replace

from domain.commands import WithdrawFromCredit
from domain.conventions import DayCount
from domain.money import Money
from domain.status import LoanStatus
from tests.fakes import product
from tests.workflows.conftest import Lender
from tests.workflows.lives import disbursed, is_, refusal_of
from workflows.loan import LoanWorkflow


def lends_with_cooling_off(lender: Lender) -> None:
    terms = replace(product().terms, day_count=DayCount.ACT_365F)
    lender.books.products["personal"] = product(cooling_off_days=14, terms=terms)


async def withdraw(lender: Lender) -> None:
    command = WithdrawFromCredit(operation_id=lender.operation(), loan_id="1", actor="applicant")
    await lender.loan().execute_update(LoanWorkflow.withdraw_from_credit, command)


async def test_a_loan_given_back_is_over_when_principal_and_interest_have_come(lender: Lender) -> None:
    lends_with_cooling_off(lender)
    standing = await disbursed(lender)
    assert standing.waits_for is not None
    assert standing.waits_for.startswith("Right to withdraw ends")
    await lender.let_pass(days=10)
    await withdraw(lender)
    standing = await lender.until(lambda standing: "bring the money back" in str(standing.waits_for))
    days = (standing.business_date - lender.books.loans["1"]._first_day()).days
    assert standing.outstanding == Money(1_200_00 + round(1_200_00 * 12 * days / 36_500), "USD")
    await lender.pay(standing.outstanding.minor)
    closure = await lender.loan().result()
    assert (closure.status, closure.reason) == (LoanStatus.CLOSED, "withdrawn")


async def test_the_right_ends_and_a_withdrawal_lapses_by_timer(lender: Lender) -> None:
    lends_with_cooling_off(lender)
    await disbursed(lender)
    await withdraw(lender)
    await lender.let_pass(days=33)
    standing = await lender.until(lambda _: not lender.books.loans["1"].withdrawn)
    assert standing.status is LoanStatus.ACTIVE
    command = WithdrawFromCredit(operation_id=lender.operation(), loan_id="1", actor="applicant")
    assert await refusal_of(lender.loan().execute_update(LoanWorkflow.withdraw_from_credit, command)) == "NotAllowedNow"


async def test_a_loan_nobody_gives_back_goes_on_after_the_right_has_ended(lender: Lender) -> None:
    lends_with_cooling_off(lender)
    await disbursed(lender)
    await lender.let_pass(days=16)
    await lender.until(lambda standing: "reminder" in str(standing.waits_for))
    assert "cooling_off_ended" in {fact.name for fact in lender.books.loans["1"].facts}
    await lender.until(is_(LoanStatus.ACTIVE))
