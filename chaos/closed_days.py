"""Was every day closed once, whatever died in the middle of it?"""

from collections.abc import AsyncIterator
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import Client

from chaos.back_office import LOANS_OF_A_PARTITION
from chaos.finding import Finding
from infrastructure.payload_codec import converter_of
from infrastructure.postgres.engine import create_engine
from stack.stack import Stack
from workflows.closing import start_closing

# Of the days after `bought`, to `last`: what is missing, and what is there twice. Empty when all is well.
MISSING = """
SELECT 'day ' || CAST(wanted.day AS date) || ' was not closed'
  FROM generate_series(CAST(:bought AS date) + 1, CAST(:last AS date), interval '1 day') AS wanted (day)
 WHERE NOT EXISTS (SELECT FROM closings c WHERE c.day = wanted.day)
 UNION ALL
SELECT 'day ' || c.day || ' has no figures of ' || p.product_code
  FROM closings c, (SELECT DISTINCT product_code, currency FROM portfolio_figures) p
 WHERE c.day > :bought AND NOT EXISTS (SELECT FROM portfolio_figures f WHERE f.day = c.day
                                          AND f.product_code = p.product_code AND f.currency = p.currency)
 UNION ALL
SELECT 'loan ' || loan_id || ' has interest to ' || accrued_through
  FROM accruals WHERE active AND accrued_through < :last
"""

# What loans earned on a day is in one entry of their partition and product; a second one would be a second accrual.
TWICE = """
SELECT memo || ' is in ' || count(*) || ' entries'
  FROM journal_entries WHERE loan_id IS NULL AND memo LIKE 'Accrued on %' GROUP BY memo HAVING count(*) > :partitions
"""

EARNED = """
WITH booked AS (
    SELECT p.account, sum(p.amount) AS amount FROM journal_entries e JOIN postings p ON p.entry_id = e.id
     WHERE e.loan_id IS NULL AND e.memo LIKE 'Accrued on %' GROUP BY 1
), accrued AS (
    SELECT 'interest_receivable' AS account, sum(interest_accrued - own_interest) AS amount FROM accruals
     UNION ALL
    SELECT 'penalties_receivable', sum(penalties_charged - own_penalties) FROM accruals
)
SELECT account, coalesce(b.amount, 0)::bigint AS booked, coalesce(a.amount, 0)::bigint AS accrued
  FROM accrued a LEFT JOIN booked b USING (account)
"""

LOANS = "SELECT count(*) FROM accruals"


async def days_are_closed_once(stack: Stack, bought: date, last: date) -> Finding:
    """Every day is there with its figures, every loan has its interest to the last, the journal shows as much as the
    loans do and in no more entries than there are partitions, and closing the last day again accrues nothing."""
    engine = create_engine(stack.addresses.application_database, pool_size=1)
    try:
        async with engine.connect() as connection:
            wrong = [fault async for fault in faults_of_days(connection, bought, last)]
    finally:
        await engine.dispose()
    if again := await _accrued_again(stack, last):
        wrong.append(f"closing {last} again accrued {again} loans")
    says = f"{(last - bought).days} days, to {last}"
    return Finding("every day was closed exactly once", not wrong, "; ".join([says, *wrong[:10]]))


async def faults_of_days(connection: AsyncConnection, bought: date, last: date) -> AsyncIterator[str]:
    for earned in await connection.execute(text(EARNED)):
        if earned.booked != earned.accrued:
            yield f"the journal shows {earned.booked} of {earned.account}, the loans {earned.accrued}"
    for fault in (await connection.execute(text(MISSING), {"bought": bought, "last": last})).scalars():
        yield fault
    partitions = -(-(await connection.scalar(text(LOANS)) or 0) // LOANS_OF_A_PARTITION)
    for fault in (await connection.execute(text(TWICE), {"partitions": partitions})).scalars():
        yield fault


async def _accrued_again(stack: Stack, day: date) -> int:
    client = await Client.connect(
        stack.addresses.temporal, data_converter=converter_of(stack.site.credentials.local_keys)
    )
    return (await (await start_closing(client, day)).result()).work.accrued
