"""What the database refuses by itself, whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.postgres.engine import sqlstate
from tests.infrastructure.postgres.conftest import Bank

NOT_GRANTED, ONLY_GROWS, CHECK_FAILED = "42501", "23001", "23514"
APPEND_ONLY = {
    "transactions": "amount",
    "journal_entries": "memo",
    "postings": "amount",
    "operations": "kind",
    "audit": "reason",
    "accounting_periods": "reason",
    "unidentified_receipts": "reference",
    "receipt_resolutions": "reason",
}


@contextmanager
def refused(state: str, message: str | None = None) -> Iterator[None]:
    with pytest.raises(DBAPIError, match=message) as error:
        yield
    assert sqlstate(error.value) == state


async def run(engine: AsyncEngine, *statements: str) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


@pytest.fixture
async def loan_id(bank: Bank) -> str:
    loan_id = await bank.disbursed()
    await bank.pay(bank.payment(loan_id))
    return loan_id


@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
async def test_what_only_grows_can_be_changed_by_neither_role(
    loan_id: str, engine: AsyncEngine, owner: AsyncEngine, change: str
) -> None:
    for table, column in APPEND_ONLY.items():
        with refused(NOT_GRANTED):
            await run(engine, change.format(table, column))
        with refused(ONLY_GROWS, "only grows"):
            await run(owner, change.format(table, column))


async def test_the_application_can_neither_rewrite_nor_disarm(engine: AsyncEngine) -> None:
    for statement in (
        "DELETE FROM loans",
        "DELETE FROM customers",
        "DELETE FROM products",
        "UPDATE products SET definition = '{}'",
        "UPDATE accounts SET kind = 'asset'",
        "UPDATE outbox SET data = '{}'",
        "DELETE FROM outbox",
        "ALTER TABLE postings DISABLE TRIGGER ALL",
        "DROP TABLE postings",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (id int)",
    ):
        with refused(NOT_GRANTED):
            await run(engine, statement)


ENTRY = "INSERT INTO journal_entries (id, memo, effective_date, booked_at) VALUES (-1, 'by hand', '2026-01-01', now())"


def legs(*amounts: int, account: str = "cash", currency: str = "USD") -> list[str]:
    return [f"INSERT INTO postings VALUES (-1, {n}, '{account}', '{currency}', {a})" for n, a in enumerate(amounts)]  # noqa: S608


async def test_an_entry_whose_legs_do_not_sum_to_zero_is_refused_at_commit(bank: Bank, engine: AsyncEngine) -> None:
    connection = await engine.connect()
    for statement in [ENTRY, *legs(100, -99)]:
        await connection.execute(text(statement))
    with refused(CHECK_FAILED, "not balanced"):
        await connection.commit()
    await connection.close()
    assert await bank.count("journal_entries") == 0


async def test_an_unbalanced_entry_is_refused_outside_an_explicit_transaction_too(
    bank: Bank, engine: AsyncEngine
) -> None:
    at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with at_once.connect() as connection:
        with refused(CHECK_FAILED, "has no legs"):
            await connection.execute(text(ENTRY))
    assert await bank.count("journal_entries") == 0


async def test_two_currencies_do_not_make_up_for_each_other(bank: Bank, engine: AsyncEngine) -> None:
    await run(engine, "INSERT INTO accounts VALUES ('cash', 'EUR', 'asset')")
    foreign = "INSERT INTO postings VALUES (-1, 2, 'cash', 'EUR', -100)"
    with refused(CHECK_FAILED, "not balanced"):
        await run(engine, ENTRY, "INSERT INTO postings VALUES (-1, 1, 'cash', 'USD', 100)", foreign)


async def test_an_entry_names_accounts_that_exist(bank: Bank, engine: AsyncEngine) -> None:
    with refused(CHECK_FAILED, "does not exist"):
        await run(engine, ENTRY, *legs(5, -5, account="piggy_bank"))


async def test_no_leg_can_join_an_old_entry_alone(bank: Bank, engine: AsyncEngine) -> None:
    await run(engine, ENTRY, *legs(7, -7))
    with refused(CHECK_FAILED, "not balanced"):
        await run(engine, "INSERT INTO postings VALUES (-1, 3, 'cash', 'USD', 1)")


async def test_a_leg_moves_something(bank: Bank, engine: AsyncEngine) -> None:
    with refused(CHECK_FAILED):
        await run(engine, ENTRY, *legs(0, 0))


async def test_principal_is_never_negative(loan_id: str, engine: AsyncEngine) -> None:
    with refused(CHECK_FAILED):
        await run(engine, "UPDATE loans SET principal = -1")


async def test_a_product_can_be_corrected_until_a_loan_is_born_with_it(bank: Bank, owner: AsyncEngine) -> None:
    correct = "UPDATE products SET definition = jsonb_set(definition, '{name}', '\"Better\"')"
    await run(owner, correct)
    await bank.apply()
    with refused(ONLY_GROWS, "in use"):
        await run(owner, "UPDATE products SET definition = jsonb_set(definition, '{name}', '\"Worse\"')")
    with refused(ONLY_GROWS, "in use"):
        await run(owner, "DELETE FROM products")
    await run(owner, correct, "UPDATE products SET retired = true")


async def test_the_audit_trail_is_a_chain_that_nobody_can_forge(loan_id: str, bank: Bank, engine: AsyncEngine) -> None:
    forged = "id, 1, 'mallory', 'payment_received', '{}', now(), 'x', 'y' FROM loans"
    await run(
        engine,
        f"INSERT INTO audit (loan_id, sequence, actor, action, details, at, previous_hash, hash) SELECT {forged}",
    )
    rows = await bank.rows("SELECT a.*, audit_hash(a) AS again FROM audit a ORDER BY sequence")
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert [row.previous_hash for row in rows] == [b"", *(row.hash for row in rows[:-1])]
    assert all(row.hash == row.again for row in rows)


async def test_what_concerns_no_loan_has_a_chain_of_its_own(bank: Bank, engine: AsyncEngine) -> None:
    line = "INSERT INTO audit (actor, action, details, at) VALUES ('admin', 'period_closed', '{}', now())"
    await run(engine, line, line)
    rows = await bank.rows("SELECT * FROM audit WHERE loan_id IS NULL ORDER BY sequence")
    assert [row.sequence for row in rows] == [1, 2]
    assert rows[1].previous_hash == rows[0].hash
