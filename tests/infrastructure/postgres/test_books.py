"""PostgresLoanBooks: each write once, whole, and in turn."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import Withdraw
from domain.conventions import Roll
from domain.errors import (
    InvalidValue,
    NotAllowedNow,
    OperationReused,
    OutsideProduct,
    UnknownCustomer,
    UnknownLoan,
    UnknownProduct,
)
from domain.ports import BooksUnavailable
from domain.status import LoanStatus
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.engine import create_engine, is_ready, named_outages
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.products import Products
from infrastructure.postgres.record import body_digest
from stack.postgres import EmbeddedPostgres
from stack.probes import free_port
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, Bank, customer, dollars
from tests.keys import data_keys
from tests.servers import Database

TABLES = ("transactions", "journal_entries", "postings", "operations", "outbox", "audit")


async def footprint(bank: Bank) -> dict[str, int]:
    return {table: await bank.count(table) for table in TABLES}


async def test_an_application_is_stored_with_its_facts(bank: Bank) -> None:
    application = bank.application()
    outcome = await bank.open(application)
    assert outcome.standing.status is LoanStatus.VERIFYING
    assert await bank.books.standing(application.loan_id) == outcome.standing
    assert await footprint(bank) == dict.fromkeys(TABLES, 0) | {"operations": 1, "outbox": 1, "audit": 1}


async def test_a_payment_is_stored_whole(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    before = await footprint(bank)
    outcome = await bank.pay(bank.payment(loan_id))
    after = await footprint(bank)
    assert outcome.receipt
    assert outcome.receipt.amount == dollars(100)
    assert all(after[table] > before[table] for table in TABLES)
    (row,) = await bank.rows("SELECT principal, interest, outstanding, version FROM loans")
    assert row.principal == 1200_00 - outcome.receipt.principal.minor
    assert row.outstanding == outcome.receipt.outstanding.minor


async def test_the_same_operation_again_changes_nothing_and_answers_the_first_receipt(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    payment = bank.payment(loan_id)
    first = await bank.pay(payment)
    await bank.pay(bank.payment(loan_id), days=60)
    before = await footprint(bank)
    again = await bank.pay(payment, days=90)
    assert again.receipt == first.receipt
    assert again.standing == await bank.books.standing(loan_id)
    assert again.standing != first.standing
    assert await footprint(bank) == before


async def test_an_application_sent_twice_is_one_loan(bank: Bank) -> None:
    application = bank.application()
    assert await bank.open(application) == await bank.open(application)
    assert await bank.count("loans") == 1


async def test_the_same_operation_with_another_content_is_refused(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    payment = bank.payment(loan_id)
    await bank.pay(payment)
    before = await footprint(bank)
    with pytest.raises(OperationReused):
        await bank.pay(bank.payment(loan_id, 101, operation_id=payment.operation_id))
    with pytest.raises(OperationReused):
        await bank.pay(bank.payment(loan_id, operation_id=payment.operation_id, actor="somebody else"))
    with pytest.raises(OperationReused):
        await bank.open(bank.application(operation_id=payment.operation_id))
    assert await footprint(bank) == before


async def test_a_loan_is_opened_by_one_operation(bank: Bank) -> None:
    application = bank.application()
    await bank.open(application)
    with pytest.raises(OperationReused):
        await bank.open(bank.application(loan_id=application.loan_id))


def test_a_digest_names_the_content_and_the_actor_but_not_the_operation() -> None:
    first = Withdraw(operation_id="a", loan_id="l", actor="me")
    assert body_digest(first) == body_digest(Withdraw(operation_id="b", loan_id="l", actor="me", reason=None))
    assert body_digest(first) != body_digest(Withdraw(operation_id="a", loan_id="l", actor="you"))
    assert body_digest(first) != body_digest(Withdraw(operation_id="a", loan_id="l", actor="me", reason="why not"))


async def test_a_refusal_is_audited_and_nothing_else_is_stored(bank: Bank) -> None:
    loan_id = await bank.apply()
    before, loan = await footprint(bank), await bank.loan(loan_id)
    with pytest.raises(NotAllowedNow):
        await bank.pay(bank.payment(loan_id, operation_id="too-early"))
    assert await footprint(bank) == before | {"audit": before["audit"] + 1}
    assert vars(await bank.loan(loan_id)) == vars(loan)
    line = (await bank.rows("SELECT * FROM audit ORDER BY sequence"))[-1]
    assert (line.action, line.actor, str(line.loan_id)) == ("refused", bank.customer_id, loan_id)
    assert line.reason == "NotAllowedNow: the loan is verifying"
    assert line.details == {"command": "MakePayment", "operation_id": "too-early", "loan_id": loan_id}


async def test_a_refused_operation_may_be_asked_again(bank: Bank) -> None:
    loan_id = await bank.apply()
    payment = bank.payment(loan_id)
    with pytest.raises(NotAllowedNow):
        await bank.pay(payment)
    await bank.underwrite(loan_id)
    await bank.accept(loan_id)
    await bank.settle(loan_id)
    assert (await bank.pay(payment)).receipt


async def test_a_refused_application_is_audited_though_there_is_no_loan(bank: Bank) -> None:
    application = bank.application(amount=dollars(1_000_000))
    with pytest.raises(OutsideProduct):
        await bank.open(application)
    (line,) = await bank.rows("SELECT * FROM audit")
    assert line.loan_id is None
    assert line.details["loan_id"] == application.loan_id
    assert await bank.count("loans") == 0


async def test_what_is_unknown_is_named(bank: Bank) -> None:
    with pytest.raises(UnknownProduct):
        await bank.open(bank.application(product_code="unheard-of"))
    with pytest.raises(UnknownCustomer):
        await bank.open(bank.application(customer_id=str(uuid4())))
    for nobody in (str(uuid4()), "not-an-id"):
        with pytest.raises(UnknownLoan):
            await bank.books.standing(nobody)
        with pytest.raises(UnknownLoan):
            await bank.pay(bank.payment(nobody))
    assert await bank.count("audit") == 0


async def test_a_loan_keeps_the_version_it_was_born_with(bank: Bank, engine: AsyncEngine) -> None:
    loan_id = await bank.apply()
    newer = await Products(engine).add_version((await bank.loan(loan_id)).product, NOON)
    assert newer.version == 2
    assert (await bank.loan(loan_id)).product.version == 1
    assert (await bank.loan(await bank.apply())).product.version == 2


async def test_payments_at_the_same_moment_are_booked_one_after_another(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    outcomes = await asyncio.gather(*(bank.pay(bank.payment(loan_id, 10)) for _ in range(25)))
    receipts = sorted((o.receipt for o in outcomes if o.receipt), key=lambda receipt: receipt.transaction)
    assert [receipt.transaction for receipt in receipts] == list(range(3, 28))
    (row,) = await bank.rows("SELECT principal, outstanding, events FROM loans")
    assert row.principal == 1200_00 - sum(receipt.principal.minor for receipt in receipts)
    assert row.outstanding == receipts[-1].outstanding.minor
    told = await bank.rows("SELECT sequence FROM outbox ORDER BY sequence")
    assert [line.sequence for line in told] == list(range(1, row.events + 1))


async def test_one_operation_sent_many_times_at_once_is_booked_once(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    payment = bank.payment(loan_id)
    outcomes = await asyncio.gather(*(bank.pay(payment) for _ in range(12)))
    assert len({outcome.receipt for outcome in outcomes}) == 1
    assert len(await bank.rows("SELECT number FROM transactions WHERE kind = 'payment'")) == 1


async def test_one_operation_for_two_loans_at_once_is_booked_on_one(bank: Bank) -> None:
    loans = [await bank.disbursed() for _ in range(2)]
    payments = [bank.payment(loan_id, operation_id="the-same") for loan_id in loans]
    outcomes = await asyncio.gather(*map(bank.pay, payments), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["OperationReused", "Outcome"]


async def test_only_the_changed_rows_of_a_schedule_are_written(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    rows = "SELECT number, xmin::text FROM installments ORDER BY number"
    before = {row.number: row.xmin for row in await bank.rows(rows)}
    await bank.pay(bank.payment(loan_id, 50))
    after = {row.number: row.xmin for row in await bank.rows(rows)}
    assert len(after) == 12
    assert {number for number in after if after[number] != before[number]} == {1}


async def test_a_lost_connection_is_tried_once_more(bank: Bank, postgres: EmbeddedPostgres, database: Database) -> None:
    loan_id = await bank.disbursed()
    kill = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'"  # noqa: S608
    await asyncio.to_thread(postgres.psql, "--command", kill)
    assert (await bank.pay(bank.payment(loan_id))).receipt
    await asyncio.to_thread(postgres.psql, "--command", kill)
    assert (await bank.books.standing(loan_id)).status is LoanStatus.ACTIVE


async def test_a_database_that_is_away_is_unavailable_by_name() -> None:
    engine = create_engine(f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/nowhere")
    bank = Bank(engine, str(uuid4()), PostgresLoanBooks(engine))
    with pytest.raises(BooksUnavailable):
        await bank.open(bank.application())
    with pytest.raises(BooksUnavailable):
        await bank.books.standing(str(uuid4()))
    assert not await is_ready(engine)


def test_what_passes_by_itself_is_told_from_what_does_not() -> None:
    with pytest.raises(BooksUnavailable), named_outages():
        raise asyncpg.CannotConnectNowError("the database system is starting up")
    with pytest.raises(asyncpg.InvalidPasswordError), named_outages():
        raise asyncpg.InvalidPasswordError("wrong password")


async def test_a_lock_that_is_held_too_long_is_an_outage(bank: Bank, engine: AsyncEngine) -> None:
    loan_id = await bank.disbursed()
    async with engine.begin() as holder, engine.connect() as waiting:
        await holder.execute(text("SELECT id FROM loans FOR UPDATE"))
        await waiting.execute(text("SET LOCAL lock_timeout = '20ms'"))
        with pytest.raises(BooksUnavailable), named_outages():
            await waiting.execute(text("UPDATE loans SET closure = NULL"))
    assert (await bank.books.standing(loan_id)).status is LoanStatus.ACTIVE


async def test_a_database_that_answers_is_ready(engine: AsyncEngine) -> None:
    assert await is_ready(engine)


async def test_the_error_text_of_a_failed_statement_gives_nobody_away(bank: Bank, engine: AsyncEngine) -> None:
    with pytest.raises(InvalidValue) as error:
        await Customers(engine, data_keys(engine)).create(customer(bank.customer_id), NOON)
    assert "Lovelace" not in f"{error.value} {error.value.__cause__}"


async def test_an_offer_keeps_the_holidays_that_its_products_calendar_had_when_it_was_made(
    bank: Bank, engine: AsyncEngine
) -> None:
    terms = replace(product().terms, roll=Roll.NEXT, weekend=(5, 6))
    await Products(engine).create(product(code="by-calendar", terms=terms, calendar="US", max_installments=24), NOON)
    loan_id = await bank.apply(product_code="by-calendar", installments=12)
    await bank.underwrite(loan_id)
    offer = (await bank.loan(loan_id)).offer
    assert offer
    assert date(2026, 12, 25) in offer.terms.holidays
    await bank.renew_offer(loan_id)
    assert (await bank.loan(loan_id)).offer == offer  # on the same day, the same
    await bank.accept(loan_id)
    await bank.settle(loan_id)
    loan = await bank.loan(loan_id)
    assert (loan.offer, loan.product.terms.holidays) == (offer, ())
    assert str(loan.position.installments[0].due_date) == "2026-02-17"  # the 15th is a Sunday, then Presidents' Day


async def test_a_loans_own_fee_is_booked_with_its_payout(bank: Bank, engine: AsyncEngine) -> None:
    terms = replace(product().terms, origination_fee_amount=28_00)
    await Products(engine).create(product(code="with-a-fee", terms=terms), NOON)
    loan_id = await bank.disbursed(product_code="with-a-fee")
    (row,) = await bank.rows("SELECT fees, outstanding FROM loans")
    assert (row.fees, row.outstanding) == (28_00, 1_228_00)
    (income,) = await bank.rows("SELECT sum(amount) AS amount FROM postings WHERE account = 'fee_income'")
    assert income.amount == -28_00
    outcome = await bank.pay(bank.payment(loan_id, amount=100))
    assert outcome.receipt
    assert outcome.receipt.fees == dollars(28)
