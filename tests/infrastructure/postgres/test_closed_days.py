"""The judge of the storm finds a day that was lost, half done, or done twice."""

from datetime import timedelta

import pytest

from chaos.closed_days import faults_of_days
from infrastructure.postgres.portfolio import PostgresPortfolio
from tests.infrastructure.postgres.conftest import NOON, Bank, Plant
from tests.infrastructure.postgres.test_portfolio import WHOLE

BOUGHT = NOON.date()
LAST = BOUGHT + timedelta(days=3)

FAULTS = {
    "nothing": ("SELECT 1", None),
    "a lost day": ("DELETE FROM closings WHERE day = '2026-01-17'", "was not closed"),
    "lost figures": ("DELETE FROM portfolio_figures WHERE day = '2026-01-18'", "has no figures"),
    "a loan left behind": ("UPDATE accruals SET accrued_through = '2026-01-15'", "has interest to"),
    "interest that only the loan has": ("UPDATE accruals SET interest_accrued = interest_accrued + 1", "the loans"),
    "penalties that only the loan has": ("UPDATE accruals SET penalties_charged = penalties_charged + 1", "the loans"),
    "an accrual that was booked twice": (
        """WITH twin AS (INSERT INTO journal_entries SELECT -id, loan_id, transaction, memo, effective_date, booked_at
            FROM journal_entries WHERE loan_id IS NULL)
            INSERT INTO postings SELECT -entry_id, leg, account, currency, amount FROM postings
            WHERE entry_id IN (SELECT id FROM journal_entries WHERE loan_id IS NULL)""",
        "is in 2 entries",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_day_that_was_not_closed_once_is_found(bank: Bank, plant: Plant, fault: str) -> None:
    portfolio = PostgresPortfolio(bank.engine)
    await bank.disbursed()
    for day in (BOUGHT + timedelta(days=n) for n in range(1, 4)):
        await portfolio.accrue(WHOLE, day, NOON)
        await portfolio.close(day, NOON)
    planted, named = FAULTS[fault]
    plant(planted)
    async with bank.engine.connect() as connection:
        found = [said async for said in faults_of_days(connection, BOUGHT, LAST)]
    assert any(named in said for said in found) if named else not found
