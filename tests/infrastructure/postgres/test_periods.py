"""A closed accounting period stays as it was reported, whoever asks."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import ClosePeriod, MakePayment
from domain.errors import AlreadyClosed, InvalidValue, OperationReused
from domain.views import Outcome
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.periods import Periods
from tests.infrastructure.postgres.conftest import Bank
from tests.infrastructure.postgres.test_guards import ONLY_GROWS, refused, run

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
