"""A loan that is read back is the loan that was written, at every turn of its life."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table

from domain.commands import ApplyForLoan, Command, Decide, OfficerVerdict, PassMilestones, RetryPayout
from domain.evidence import PayoutOutcome
from domain.loan import Loan
from domain.loan_file import LoanFile
from domain.people import ENGINE, Officer
from domain.position import Installment
from domain.product import LoanProduct
from domain.status import LoanStatus
from domain.transaction import Transaction, TransactionKind
from domain.views import Outcome, Receipt
from infrastructure.postgres import tables
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.record import FILE
from tests.domain.lives import ADULT
from tests.infrastructure.postgres.conftest import NOON, Bank, dollars

IN_OTHER_TABLES = {"product", "transactions", "open_from"}
OF_ONE_WRITE = {"facts", "entries", "_positions"}


def test_every_field_of_a_loan_has_its_place() -> None:
    assert {field.name for field in fields(LoanFile)} == {*FILE, *IN_OTHER_TABLES, *OF_ONE_WRITE}
    assert {field.name for field in fields(Loan)} == {field.name for field in fields(LoanFile)}


@pytest.mark.parametrize(("kind", "table"), [(Transaction, tables.transactions), (Installment, tables.installments)])
def test_every_field_of_a_fact_and_of_a_row_has_a_column(kind: Any, table: Table) -> None:
    assert {field.name for field in fields(kind)} | {"loan_id"} == {column.name for column in table.columns}


class RememberingBooks(PostgresLoanBooks):
    """The real books, and the loan as it was when the last change was done with it."""

    last: Loan

    async def open(self, command: ApplyForLoan, at: datetime, apply: Callable[[LoanProduct], Loan]) -> Outcome:
        def remember(product: LoanProduct) -> Loan:
            self.last = apply(product)
            return self.last

        return await super().open(command, at, remember)

    async def write(self, command: Command, at: datetime, change: Callable[[Loan], Receipt | None]) -> Outcome:
        def remember(loan: Loan) -> Receipt | None:
            self.last = loan
            return change(loan)

        return await super().write(command, at, remember)


class Life:
    """One loan through the real books, checked after each step."""

    def __init__(self, bank: Bank) -> None:
        self.books = bank.books = RememberingBooks(bank.engine)
        self.bank = bank

    async def is_kept(self, status: LoanStatus) -> Loan:
        loan = await self.bank.loan(self.books.last.id)
        assert loan.status is status
        assert self._content(loan) == self._content(self.books.last)
        assert loan.standing() == self.books.last.standing()
        await self._is_projected(loan)
        return loan

    def _content(self, loan: Loan) -> dict[str, Any]:
        return {name: value for name, value in vars(loan).items() if name not in OF_ONE_WRITE}

    async def _is_projected(self, loan: Loan) -> None:
        rows = await self.bank.rows("SELECT * FROM installments ORDER BY number")
        stored = [Installment(**{k: v for k, v in row._mapping.items() if k != "loan_id"}) for row in rows]
        assert stored == list(loan.position.installments if loan.transactions else ())

    async def decide(self, officer_id: str) -> None:
        command = Decide(
            operation_id=self.bank.key(),
            loan_id=self.books.last.id,
            actor=officer_id,
            verdict=OfficerVerdict.APPROVE,
            amount=dollars(24_000),
            reason="known for years",
        )
        officer = Officer(id=officer_id, level=2)
        await self.bank.write(command, lambda loan: loan.decide(command, officer, ADULT, NOON))

    async def pass_milestones(self, days: int) -> None:
        at = NOON + timedelta(days=days)
        command = PassMilestones(operation_id=self.bank.key(), loan_id=self.books.last.id, actor=ENGINE)
        await self.books.write(command, at, lambda loan: loan.pass_milestones(command.operation_id, at))


async def test_a_loan_is_read_back_as_it_was_written_at_every_turn_of_its_life(bank: Bank) -> None:
    life = Life(bank)
    loan_id = await bank.apply(amount=dollars(25_000))
    assert (await life.is_kept(LoanStatus.VERIFYING)).application.amount == dollars(25_000)

    await bank.underwrite(loan_id, score=600)
    assert (await life.is_kept(LoanStatus.REFERRED)).report
    await life.decide("first")
    assert len((await life.is_kept(LoanStatus.REFERRED)).approvals) == 1
    await life.decide("second")
    assert (await life.is_kept(LoanStatus.OFFERED)).offer

    await bank.accept(loan_id)
    await life.is_kept(LoanStatus.DISBURSING)
    await bank.settle(loan_id, PayoutOutcome.FAILED)
    assert (await life.is_kept(LoanStatus.ACCEPTED)).waits_until
    retry = RetryPayout(operation_id=bank.key(), loan_id=loan_id, actor="operator")
    await bank.write(retry, lambda loan: loan.retry_payout(retry, NOON))
    await bank.settle(loan_id)
    assert (await life.is_kept(LoanStatus.ACTIVE)).payout

    await life.pass_milestones(days=70)
    late = await life.is_kept(LoanStatus.ACTIVE)
    assert late.bucket == "30-59"
    assert TransactionKind.PENALTY in {transaction.kind for transaction in late.transactions}

    await bank.pay(bank.payment(loan_id, 10_000), days=71)
    await life.is_kept(LoanStatus.ACTIVE)
    await bank.pay(bank.payment(loan_id, 20_000), days=72)
    assert (await life.is_kept(LoanStatus.CLOSED)).closure == "paid"


async def test_what_the_journal_shows_is_what_the_loan_shows(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    await bank.pay(bank.payment(loan_id, 150), days=40)
    (loan,) = await bank.rows("SELECT * FROM loans")
    totals = {
        row.account: row.total
        for row in await bank.rows("SELECT account, sum(amount) AS total FROM postings GROUP BY account")
    }
    assert sum(totals.values()) == 0
    assert loan.principal == totals["loan_principal"]
    assert loan.interest == totals["interest_receivable"]
    assert loan.credit == -totals.get("customer_credit", 0)
