"""A fee that is kept back from the payout, in the tables: what the close, the portfolio and the audit make of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import PassMilestones, RetryPayout, ReviewPayout, WithdrawFromCredit
from domain.evidence import PayoutOutcome
from domain.people import ENGINE
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.portfolio import PostgresPortfolio
from infrastructure.postgres.products import Products
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, Bank, dollars
from tests.infrastructure.postgres.test_portfolio import NIGHT, until

KEPT = "five-percent-kept"


@pytest.fixture
async def lender(bank: Bank, engine: AsyncEngine) -> AsyncIterator[Bank]:
    """Of 1,200.00, 60.00 are kept back. Whatever a test does, the audit finds nothing in the end."""
    terms = replace(product().terms, origination_fee_percent=Decimal(5), origination_fee_deducted=True)
    await Products(engine).create(product(code=KEPT, terms=terms, cooling_off_days=14), NOON)
    yield bank
    report = await audit(engine)
    assert [(answer.name, answer.findings) for answer in report.answers if answer.count] == []
    assert report.loans == report.refolded > 0


async def moved(bank: Bank, loan_id: str) -> list[tuple[str, int]]:
    """By account, debits less credits, of entries that are not nothing."""
    rows = await bank.rows(
        "SELECT p.account, sum(p.amount)::bigint AS total FROM postings p JOIN journal_entries e ON e.id = p.entry_id"
        " WHERE e.loan_id = :loan GROUP BY 1 HAVING sum(p.amount) <> 0 ORDER BY 1",
        loan=loan_id,
    )
    return [(row.account, row.total) for row in rows]


async def withdraw(bank: Bank, loan_id: str, days: int) -> None:
    command = WithdrawFromCredit(operation_id=bank.key(), loan_id=loan_id, actor=bank.customer_id)
    at = NOON + timedelta(days=days)
    await bank.books.write(command, at, lambda loan: loan.withdraw_from_credit(command, at))


async def review(bank: Bank, loan_id: str, outcome: PayoutOutcome) -> None:
    command = ReviewPayout(
        operation_id=bank.key(), loan_id=loan_id, actor="operator", outcome=outcome, reason="asked the bank"
    )
    await bank.books.write(command, NOON, lambda loan: loan.review_payout(command, NOON))


async def test_it_is_lent_and_earned_and_the_days_interest_is_of_the_whole_principal(lender: Bank) -> None:
    loan_id, plain = await lender.disbursed(product_code=KEPT), await lender.disbursed()
    assert await moved(lender, loan_id) == [("cash", -1_140_00), ("fee_income", -60_00), ("loan_principal", 1_200_00)]
    await until(PostgresPortfolio(lender.engine), date(2026, 1, 25))
    columns = "loan_id, principal, interest_accrued, daily, pot, fixed, line_start, line_until, later"
    rows = await lender.rows(f"SELECT {columns} FROM accruals")  # noqa: S608  our own text
    narrow = {str(row.loan_id): tuple(row[1:]) for row in rows}
    assert narrow[loan_id] == narrow[plain]
    assert narrow[loan_id][:2] == (1_200_00, 3_87)  # 12.00 a month: ten of its 31 days
    await lender.pay(lender.payment(loan_id, 107))


async def test_the_portfolio_counts_it_as_lent_until_it_is_given_back(lender: Bank) -> None:
    portfolio = PostgresPortfolio(lender.engine)
    loan_id, _ = await lender.disbursed(product_code=KEPT), await lender.disbursed(product_code=KEPT)
    await portfolio.close(date(2026, 1, 15), NIGHT)
    (first,) = await portfolio.figures()
    assert (first.disbursed, first.outstanding, first.collected) == (dollars(2400), dollars(2400), dollars(0))
    await withdraw(lender, loan_id, 1)
    await portfolio.close(date(2026, 1, 16), NIGHT)
    (second,) = await portfolio.figures()
    assert (second.disbursed, second.outstanding, second.collected) == (dollars(-60), dollars(2340), dollars(0))


async def test_a_loan_that_is_given_back_and_kept_after_all(lender: Bank) -> None:
    loan_id = await lender.disbursed(product_code=KEPT)
    await withdraw(lender, loan_id, 0)
    assert (await lender.loan(loan_id)).position.payoff == 1_140_00
    at = NOON + timedelta(days=31)
    lapse = PassMilestones(operation_id=lender.key(), loan_id=loan_id, actor=ENGINE)
    await lender.books.write(lapse, at, lambda loan: loan.pass_milestones(lapse.operation_id, at))
    assert (await lender.loan(loan_id)).position.principal == 1_200_00


async def test_a_loan_that_is_given_back_leaves_nothing_in_the_books(lender: Bank) -> None:
    loan_id = await lender.disbursed(product_code=KEPT)
    await withdraw(lender, loan_id, 0)
    await lender.pay(lender.payment(loan_id, 1140), days=0)
    assert (await lender.loan(loan_id)).closure == "withdrawn"
    assert await moved(lender, loan_id) == []


async def test_whatever_the_rail_says_in_the_end_the_fee_follows_the_money(lender: Bank) -> None:
    loan_id = await lender.apply(product_code=KEPT)
    await lender.underwrite(loan_id)
    await lender.accept(loan_id)
    await lender.settle(loan_id, PayoutOutcome.FAILED)
    retry = RetryPayout(operation_id=lender.key(), loan_id=loan_id, actor="operator")
    await lender.books.write(retry, NOON, lambda loan: loan.retry_payout(retry, NOON))
    assert await moved(lender, loan_id) == [("cash", -1_140_00), ("payouts_in_transit", 1_140_00)]
    await lender.settle(loan_id)
    await lender.settle(loan_id, PayoutOutcome.FAILED)
    await review(lender, loan_id, PayoutOutcome.FAILED)
    assert await moved(lender, loan_id) == []
    await lender.settle(loan_id)
    await review(lender, loan_id, PayoutOutcome.SETTLED)
    assert await moved(lender, loan_id) == [("cash", -1_140_00), ("fee_income", -60_00), ("loan_principal", 1_200_00)]
