"""What was done and what was refused at the administrative door, by the minute, for as long as it is kept.

Whoever knocks without a name is counted and not listed, so that a flood of refusals is a row a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.postgres.access_tables import door_log
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.pages import Page, page_of

KEPT: Final = timedelta(days=400)
NOBODY: Final = "nobody"

_NOTE = text("""
WITH forgotten AS (DELETE FROM door_log WHERE minute < :forgotten)
INSERT INTO door_log AS d (minute, actor, action, subject, status, times)
VALUES (date_trunc('minute', CAST(:at AS timestamptz)), :actor, :action, :subject, :status, :times)
ON CONFLICT (minute, actor, action, subject, status) DO UPDATE SET times = d.times + excluded.times
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """`actor` is a user's id or NOBODY; `action` a method and a route; `subject` the ids that the address named."""

    minute: datetime
    actor: str
    action: str
    subject: str
    status: int
    times: int


class DoorLog:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def note(self, *, actor: str, action: str, subject: str, status: int, times: int = 1, at: datetime) -> None:
        line = {"actor": actor, "action": action, "subject": subject, "status": status, "times": times, "at": at}
        forgotten = {"forgotten": at - KEPT}
        await write(self._engine, lambda connection: connection.execute(_NOTE, line | forgotten))

    async def page(
        self, *, actor: str | None = None, status: int | None = None, after: str | None = None, limit: int = 50
    ) -> Page[Noted]:
        """The latest first."""
        asked = select(door_log)
        if actor is not None:
            asked = asked.where(door_log.c.actor == actor)
        if status is not None:
            asked = asked.where(door_log.c.status == status)
        key = tuple(column for column in door_log.primary_key.columns)
        return await read(
            self._engine,
            lambda connection: page_of(connection, asked, _noted, key=key, after=after, limit=limit, newest_first=True),
        )


def _noted(row: Row[Any]) -> Noted:
    return Noted(**row._asdict())
