"""The audit of the whole database, in one snapshot of it."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.postgres.audit import guards, history, journal, subledger
from infrastructure.postgres.audit.check import Answer
from infrastructure.postgres.audit.crew import PATIENT, READ_ONLY, refold
from infrastructure.postgres.engine import named_outages

CHECKS = (*journal.CHECKS, *subledger.CHECKS, *history.CHECKS, *guards.CHECKS)

_COUNT = text("SELECT (SELECT count(*) FROM loans), (SELECT count(*) FROM journal_entries)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`refolded` of `loans` loans were computed anew; every other check looked at every row."""

    answers: tuple[Answer, ...]
    loans: int
    refolded: int
    entries: int

    @property
    def faults(self) -> int:
        return sum(answer.count for answer in self.answers)

    @property
    def clean(self) -> bool:
        return self.faults == 0


async def audit(engine: AsyncEngine, *, most_refolded: int | None = None, processes: int = 1) -> Report:
    """Look at everything. `most_refolded` computes only a random sample of the loans anew: that is the slow part, of
    which several processes can do theirs."""
    with named_outages():
        async with engine.connect() as connection:
            await connection.execute(READ_ONLY)
            await connection.execute(PATIENT)
            return await _look(connection, most_refolded, processes)


async def _look(connection: AsyncConnection, most_refolded: int | None, processes: int) -> Report:
    answers = [await check.ask(connection) for check in CHECKS]
    folded, refolded = await refold(connection, most_refolded, processes)
    loans, entries = (await connection.execute(_COUNT)).one()
    return Report(answers=(*answers, folded), loans=loans, refolded=refolded, entries=entries)
