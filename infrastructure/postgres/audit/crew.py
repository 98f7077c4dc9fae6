"""Loans computed anew by several processes side by side, all in the snapshot of the one that asked."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.entry import run
from infrastructure.postgres.audit.check import Answer
from infrastructure.postgres.audit.folding import Folded, Range, Share, fold_share
from infrastructure.postgres.engine import create_engine, named_outages
from infrastructure.postgres.portfolio import ALL_IDS

SHARES = 8  # of each process, so that none is done long before the others
WORTH_A_CREW = 2_000  # loans; a process takes a second or so to begin

READ_ONLY = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
PATIENT = text("SET LOCAL statement_timeout = 0")
LONG_IDLE = text("SET LOCAL idle_in_transaction_session_timeout = 0")  # while the crew reads in its snapshot

# From a random place on, and round the end to the beginning: any loan is as likely as any other.
_SAMPLE = text("""
WITH start AS MATERIALIZED (SELECT gen_random_uuid() AS id)
(SELECT l.id FROM loans l WHERE l.id >= (SELECT id FROM start) ORDER BY l.id LIMIT :most)
 UNION ALL
(SELECT l.id FROM loans l WHERE l.id < (SELECT id FROM start) ORDER BY l.id LIMIT :most)
 LIMIT :most
""")


async def refold(connection: AsyncConnection, most: int | None, processes: int) -> tuple[Answer, int]:
    """What differs, of all loans or a sample of `most`, and how many were looked at."""
    shares = await _shares(connection, most, processes * SHARES)
    loans: int = (await connection.execute(text("SELECT count(*) FROM loans"))).scalar_one()
    if processes > 1 and min(loans, most or loans) >= WORTH_A_CREW:
        done = await _by_crew(connection, shares, processes)
    else:
        done = [await fold_share(connection, share) for share in shares]
    folded = sum(done, Folded())
    promise = "every loan's flows, schedule and payoff are what its transactions fold into"
    answer = Answer(name="loans-follow-transactions", promise=promise, findings=folded.findings, count=folded.count)
    return answer, folded.loans


async def _shares(connection: AsyncConnection, most: int | None, count: int) -> Sequence[Share]:
    if most is None:
        ends = [number * ALL_IDS // count for number in range(count + 1)]
        return [Range(first=UUID(int=a), last=UUID(int=b - 1)) for a, b in pairwise(ends)]
    sample = tuple((await connection.execute(_SAMPLE, {"most": most})).scalars())
    size = max(1, -(-len(sample) // count))
    return [sample[start : start + size] for start in range(0, len(sample), size)]


async def _by_crew(connection: AsyncConnection, shares: Sequence[Share], processes: int) -> Sequence[Folded]:
    await connection.execute(LONG_IDLE)
    snapshot: str = (await connection.execute(text("SELECT pg_export_snapshot()"))).scalar_one()
    url, loop = connection.engine.url.render_as_string(hide_password=False), asyncio.get_running_loop()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as crew:
        return await asyncio.gather(*(loop.run_in_executor(crew, _work, url, snapshot, share) for share in shares))


def _work(url: str, snapshot: str, share: Share) -> Folded:
    return run(_fold(url, snapshot, share))


async def _fold(url: str, snapshot: str, share: Share) -> Folded:
    engine = create_engine(url, pool_size=1)
    try:
        with named_outages():
            async with engine.connect() as connection:
                await connection.execute(READ_ONLY)
                await connection.execute(text(f"SET TRANSACTION SNAPSHOT '{snapshot}'"))  # Postgres's own word
                await connection.execute(PATIENT)
                return await fold_share(connection, share)
    finally:
        await engine.dispose()
