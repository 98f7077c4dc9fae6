"""Accounts that somebody guesses at are locked for a while, in all processes, and over their restarts."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.limits import TooMany
from infrastructure.postgres.access_tables import lockouts
from infrastructure.postgres.engine import write

MOST_FAILURES: Final = 10
LOCKED_FOR: Final = timedelta(minutes=15)

# Counted before it is known whether it fails, so that guesses at the same time are counted, too.
_COUNT = text("""
INSERT INTO lockouts AS l (user_id, failures, at) VALUES (:user_id, 1, :now)
ON CONFLICT (user_id) DO UPDATE SET
    failures = CASE WHEN l.at <= :forgotten THEN 1 ELSE least(l.failures, :most) + 1 END,
    at = CASE WHEN l.at > :forgotten AND l.failures >= :most THEN l.at ELSE :now END
RETURNING failures, at
""")


class Lockouts:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def count(self, user_id: str, now: datetime) -> None:
        """One more attempt, which is a failure until it is cleared. Raises TooMany while the account is locked."""
        asked = {"user_id": UUID(user_id), "now": now, "forgotten": now - LOCKED_FOR, "most": MOST_FAILURES}
        row = await write(self._engine, lambda connection: connection.execute(_COUNT, asked))
        failures, since = row.one()
        if failures > MOST_FAILURES:
            raise TooMany(max(1, round((since + LOCKED_FOR - now).total_seconds())))

    async def clear(self, user_id: str) -> None:
        """The right password was given, or an admin unlocks."""
        cleared = delete(lockouts).where(lockouts.c.user_id == UUID(user_id))
        await write(self._engine, lambda connection: connection.execute(cleared))
