"""Many clients at once: whatever they do to a loan, they might have done one after another."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import Command, MakePayment, ReverseTransaction
from domain.errors import NotAllowedNow
from domain.loan import Loan
from domain.views import Outcome
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.loans import PostgresLoanBooks
from tests.infrastructure.postgres.conftest import NOON, Bank, connected
from tests.servers import Database

AT = NOON + timedelta(days=20)


def do(loan: Loan, command: Command) -> Any:
    return loan.pay(command, AT) if isinstance(command, MakePayment) else loan.reverse(command, AT)  # type: ignore[arg-type]


def send(books: PostgresLoanBooks, command: Command) -> Awaitable[Outcome]:
    return books.write(command, AT, lambda loan: do(loan, command))


async def test_fifty_payments_a_reversal_and_a_payoff_at_once_equal_some_serial_order(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    first = (await bank.pay(bank.payment(loan_id, 30), days=10)).receipt
    assert first
    before = await bank.loan(loan_id)
    reversal = ReverseTransaction(
        operation_id="reversal", loan_id=loan_id, actor="operator", transaction=first.transaction, reason="returned"
    )
    payoff = bank.payment(loan_id, 1_100)
    commands = [*(bank.payment(loan_id, 3) for _ in range(25)), payoff, reversal]
    commands += [bank.payment(loan_id, 3) for _ in range(25)]
    answers = await asyncio.gather(*(send(bank.books, command) for command in commands), return_exceptions=True)

    refused = {c.operation_id for c, answer in zip(commands, answers, strict=True) if isinstance(answer, Exception)}
    assert {type(answer) for answer in answers} <= {Outcome, NotAllowedNow}  # only a loan that is closed refuses
    after = await bank.loan(loan_id)
    by_id = {command.operation_id: command for command in commands}
    order = list(dict.fromkeys(t.operation_id for t in after.transactions[len(before.transactions) :]))
    assert len(order) + len(refused) == len(commands)
    for operation_id in order:
        do(before, by_id[operation_id])
    assert after.transactions == before.transactions
    assert (after.status, after.booked) == (before.status, before.booked)
    assert after.position == before.position


async def test_a_thousand_payments_on_a_hundred_loans_by_many_clients_are_all_booked_once(
    bank: Bank, database: Database, engine: AsyncEngine
) -> None:
    loans = await _hundred_loans(bank)
    payments = [bank.payment(loan_id, 1 + round_) for round_ in range(10) for loan_id in loans]
    async with AsyncExitStack() as clients:
        engines = [await clients.enter_async_context(connected(database.application_url)) for _ in range(4)]
        books = [PostgresLoanBooks(each) for each in engines]
        sent = [send(books[number % 4], payment) for number, payment in enumerate(payments)]
        sent += [send(books[(number + 1) % 4], payment) for number, payment in enumerate(payments) if number % 10 == 0]
        patient = asyncio.Semaphore(32)
        answers = await asyncio.gather(*(_in_turn(patient, each) for each in sent))

    assert len(answers) == 1_100
    (seen,) = await bank.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert seen.deadlocks == 0
    booked = await bank.rows("SELECT operation_id, amount FROM transactions WHERE kind = 'payment'")
    assert sorted((row.operation_id, row.amount) for row in booked) == sorted(
        (payment.operation_id, payment.amount.minor) for payment in payments
    )
    cash = await bank.rows("SELECT sum(amount) AS total FROM postings WHERE account = 'cash'")
    assert cash[0].total == sum(payment.amount.minor for payment in payments) - 100 * 1_200_00
    assert (await audit(engine, most_refolded=10)).clean


async def _hundred_loans(bank: Bank) -> list[str]:
    return [loan_id for _ in range(10) for loan_id in await asyncio.gather(*(bank.disbursed() for _ in range(10)))]


async def _in_turn(patient: asyncio.Semaphore, work: Awaitable[Outcome]) -> Outcome:
    async with patient:
        return await work
