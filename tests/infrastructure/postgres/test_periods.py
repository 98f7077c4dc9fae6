"""A closed accounting period stays as it was reported, whoever asks."""

import asyncio
from collections.abc import Awaitable, Coroutine
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import ClosePeriod, MakePayment, ParkReceipt
from domain.errors import AlreadyClosed, InvalidValue, OperationReused
from domain.views import Outcome
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.ledger import Ledger
from infrastructure.postgres.periods import Periods
from infrastructure.postgres.portfolio import PostgresPortfolio
from tests.infrastructure.postgres.conftest import Bank, dollars
from tests.infrastructure.postgres.test_guards import ONLY_GROWS, refused, run
from tests.infrastructure.postgres.test_portfolio import WHOLE

Answer = TypeVar("Answer")

MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)
JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)


@pytest.fixture
def periods(engine: AsyncEngine, bank: Bank) -> Periods:
    return Periods(engine)


def close(through: date, operation_id: str = "close", **changes: Any) -> ClosePeriod:
    plain: dict[str, Any] = {"operation_id": operation_id, "actor": "admin", "through": through, "reason": "reported"}
    return ClosePeriod(**plain | changes)


async def test_a_payment_from_a_closed_month_is_booked_on_the_first_open_day(
    bank: Bank, periods: Periods, engine: AsyncEngine
) -> None:
    loan_id = await bank.disbursed()
    await periods.close(close(FEBRUARY), MARCH)
    payment = bank.payment(loan_id, 110, effective_date=date(2026, 2, 15))
    await bank.books.write(payment, MARCH, lambda loan: loan.pay(payment, MARCH))
    (paid,) = await bank.rows("""
        SELECT t.effective_date, e.effective_date AS booked_on FROM transactions t
          JOIN journal_entries e ON e.loan_id = t.loan_id AND e.transaction = t.number WHERE t.kind = 'payment'""")
    assert (paid.effective_date, paid.booked_on) == (date(2026, 2, 15), date(2026, 3, 1))
    assert (await audit(engine)).clean


async def test_a_period_is_closed_once_and_in_order(bank: Bank, periods: Periods) -> None:
    first = await periods.close(close(JANUARY), MARCH)
    assert await periods.close(close(JANUARY), MARCH) == first
    with pytest.raises(OperationReused):
        await periods.close(close(FEBRUARY), MARCH)
    with pytest.raises(AlreadyClosed):
        await periods.close(close(JANUARY, "again"), MARCH)
    with pytest.raises(AlreadyClosed):
        await periods.close(close(date(2025, 12, 31), "earlier"), MARCH)
    for wrong in (date(2026, 3, 31), date(2026, 2, 27)):
        with pytest.raises(InvalidValue, match="through"):
            await periods.close(close(wrong, "wrong"), MARCH)
    await periods.close(close(FEBRUARY, "next"), MARCH)
    assert [period.through for period in await periods.closed()] == [FEBRUARY, JANUARY]
    actions = [row.action for row in await bank.rows("SELECT action FROM audit ORDER BY sequence")]
    assert actions == ["period_closed", *["refused"] * 4, "period_closed"]


async def test_the_journal_takes_no_entry_of_a_closed_day_from_anybody(
    bank: Bank, periods: Periods, owner: AsyncEngine
) -> None:
    await periods.close(close(JANUARY), MARCH)
    entry = "INSERT INTO journal_entries (id, memo, effective_date, booked_at) VALUES (-1, 'x', '2026-01-31', now())"
    with refused("TN001", "closed through 2026-01-31"):
        await run(owner, entry)
    with refused(ONLY_GROWS):
        await run(owner, "DELETE FROM accounting_periods")
    with refused(ONLY_GROWS, "closed for 2025-12-31 already"):
        await run(owner, "INSERT INTO accounting_periods VALUES ('2025-12-31', 'me', 'why', now())")


async def test_payments_that_meet_a_closing_are_booked_before_it_or_after_it(
    bank: Bank, periods: Periods, engine: AsyncEngine
) -> None:
    loans = [await bank.disbursed() for _ in range(6)]
    payments = [bank.payment(loan_id, 50, effective_date=date(2026, 1, 20)) for loan_id in loans for _ in range(3)]
    at = datetime(2026, 2, 1, 12, tzinfo=UTC)

    def book(payment: MakePayment) -> Awaitable[Outcome]:
        return bank.books.write(payment, at, lambda loan: loan.pay(payment, at))

    await asyncio.gather(*map(book, payments[:9]), periods.close(close(JANUARY), at), *map(book, payments[9:]))
    days = await bank.rows("""
        SELECT DISTINCT e.effective_date FROM journal_entries e JOIN transactions t
            ON t.loan_id = e.loan_id AND t.number = e.transaction WHERE t.kind = 'payment'""")
    assert {row.effective_date for row in days} <= {date(2026, 1, 20), date(2026, 2, 1)}
    assert len(await bank.rows("SELECT number FROM transactions WHERE kind = 'payment'")) == len(payments)
    assert (await audit(engine)).clean


async def test_days_that_were_missed_in_a_closed_month_are_booked_on_the_first_open_day(
    bank: Bank, periods: Periods, engine: AsyncEngine
) -> None:
    """Each still has an entry of its own, whose memo says its day."""
    await bank.disbursed()
    await periods.close(close(JANUARY), MARCH)
    portfolio = PostgresPortfolio(engine)
    for day in (date(2026, 1, 30), JANUARY, date(2026, 2, 1), date(2026, 2, 2)):
        await portfolio.accrue(WHOLE, day, MARCH)
    booked = await bank.rows("SELECT memo, effective_date FROM journal_entries WHERE loan_id IS NULL ORDER BY id")
    assert [(row.memo, str(row.effective_date)) for row in booked] == [
        ("Accrued on 2026-01-30, personal", "2026-02-01"),
        ("Accrued on 2026-01-31, personal", "2026-02-01"),
        ("Accrued on 2026-02-01, personal", "2026-02-01"),
        ("Accrued on 2026-02-02, personal", "2026-02-02"),
    ]
    assert (await audit(engine)).clean


async def test_a_day_that_is_accrued_while_its_month_is_being_closed_is_booked_after_it(
    bank: Bank, engine: AsyncEngine
) -> None:
    loan_id = await bank.disbursed()
    assert await meeting_the_closing(bank, PostgresPortfolio(engine).accrue(WHOLE, JANUARY, MARCH)) == 1
    (entry,) = await bank.rows("SELECT effective_date FROM journal_entries WHERE loan_id IS NULL")
    assert entry.effective_date == date(2026, 2, 1)
    loan = await bank.loan(loan_id)
    assert loan.booked == loan.position_on(JANUARY).totals
    assert (await audit(engine)).clean


async def test_a_receipt_of_a_month_that_is_being_closed_is_booked_after_it(bank: Bank, engine: AsyncEngine) -> None:
    park = ParkReceipt(
        operation_id="park",
        actor="operator",
        receipt_id=str(uuid4()),
        amount=dollars(40),
        received_on=date(2026, 1, 20),
        reference="line 4",
    )
    await meeting_the_closing(bank, Ledger(engine).receipts.park(park, MARCH))
    (entry,) = await bank.rows("SELECT effective_date FROM journal_entries")
    assert entry.effective_date == date(2026, 2, 1)
    assert (await audit(engine)).clean


async def meeting_the_closing(bank: Bank, deed: Coroutine[Any, Any, Answer]) -> Answer:
    """What it answers when January is closed after it began, and before it writes."""
    waiting = """SELECT count(*) AS some FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                  WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()"""
    async with asyncio.timeout(20), bank.engine.begin() as closing:
        line = "INSERT INTO accounting_periods VALUES ('2026-01-31', 'admin', 'reported', now())"
        await closing.execute(text(line))
        task = asyncio.create_task(deed)
        while not (await bank.rows(waiting))[0].some:  # noqa: ASYNC110  no event for a lock in Postgres
            await asyncio.sleep(0.01)
    return await task
