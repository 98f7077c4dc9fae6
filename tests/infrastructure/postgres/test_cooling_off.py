"""A loan given back keeps every promise of the books, on each day of it."""

from dataclasses import replace
from datetime import timedelta

from domain.commands import AddCharge, PassMilestones, WithdrawFromCredit
from domain.loan import Loan
from domain.money import Money
from domain.people import ENGINE
from domain.status import LoanStatus
from domain.transaction import Component
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.products import Products
from infrastructure.postgres.seen import load
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, Bank, dollars


async def running(bank: Bank) -> str:
    await Products(bank.engine).create(product(code="cooling", cooling_off_days=14), NOON)
    loan_id = await bank.apply(product_code="cooling")
    await bank.underwrite(loan_id)
    await bank.accept(loan_id)
    await bank.settle(loan_id)
    return loan_id


async def charge(bank: Bank, loan_id: str, days: int) -> None:
    command = AddCharge(
        operation_id=bank.key(),
        loan_id=loan_id,
        actor="operator",
        component=Component.FEE,
        amount=dollars(30),
        reason="for the account",
    )
    at = NOON + timedelta(days=days)
    await bank.books.write(command, at, lambda loan: loan.charge(command, at))


async def withdraw(bank: Bank, loan_id: str, days: int) -> None:
    command = WithdrawFromCredit(operation_id=bank.key(), loan_id=loan_id, actor="applicant")
    at = NOON + timedelta(days=days)
    await bank.books.write(command, at, lambda loan: loan.withdraw_from_credit(command, at))


async def pass_milestones(bank: Bank, loan_id: str, days: int) -> None:
    command = PassMilestones(operation_id=bank.key(), loan_id=loan_id, actor=ENGINE)
    at = NOON + timedelta(days=days)
    await bank.books.write(command, at, lambda loan: loan.pass_milestones(command.operation_id, at))


async def kept(bank: Bank, loan_id: str) -> Loan:
    """The loan as it is read back, when nothing breaks a promise of the books."""
    report = await audit(bank.engine)
    assert [answer.findings for answer in report.answers if answer.count] == []
    async with bank.engine.connect() as connection:
        return (await load(connection, loan_id)).loan


async def test_the_books_agree_when_a_loan_is_given_back(bank: Bank) -> None:
    loan_id = await running(bank)
    await charge(bank, loan_id, 1)
    await bank.pay(bank.payment(loan_id, 30), days=2)
    await withdraw(bank, loan_id, 10)
    loan = await kept(bank, loan_id)
    assert loan.withdrawn
    owed = loan.payoff_on((NOON + timedelta(days=12)).date()).payoff
    await bank.pay(replace(bank.payment(loan_id), amount=Money(owed, "USD")), days=12)
    assert (await kept(bank, loan_id)).status is LoanStatus.CLOSED


async def test_the_books_agree_when_the_money_never_comes(bank: Bank) -> None:
    loan_id = await running(bank)
    await charge(bank, loan_id, 1)
    await bank.pay(bank.payment(loan_id, 30), days=2)
    await withdraw(bank, loan_id, 10)
    await pass_milestones(bank, loan_id, 41)
    loan = await kept(bank, loan_id)
    assert (loan.status, loan.withdrawn) == (LoanStatus.ACTIVE, False)
    await pass_milestones(bank, loan_id, 80)
    assert (await kept(bank, loan_id)).bucket is not None
