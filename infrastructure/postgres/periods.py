"""Periods: which months of the books are closed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import ClosePeriod
from domain.periods import ClosedPeriod
from infrastructure.postgres.bookkeeping_tables import accounting_periods
from infrastructure.postgres.engine import duplicates_refused, read
from infrastructure.postgres.once import once, open_from

FIELDS = tuple(ClosedPeriod.__dataclass_fields__)


class Periods:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def close(self, command: ClosePeriod, at: datetime) -> ClosedPeriod:
        """Raises AlreadyClosed, and InvalidValue for what is no month's end or not over yet."""

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            period = ClosedPeriod(through=command.through, closed_by=command.actor, reason=command.reason, closed_at=at)
            period.follows(await open_from(connection))
            row = {name: getattr(period, name) for name in FIELDS}
            with duplicates_refused("through", "was closed just now"):
                await connection.execute(insert(accounting_periods).values(row))
            return {"through": str(period.through)}

        await once(self._engine, command, "period_closed", at, deed)
        asked = select(accounting_periods).where(accounting_periods.c.through == command.through)
        return _period((await read(self._engine, lambda connection: connection.execute(asked))).one())

    async def closed(self) -> tuple[ClosedPeriod, ...]:
        """The latest first."""
        asked = select(accounting_periods).order_by(accounting_periods.c.through.desc())
        return tuple(map(_period, await read(self._engine, lambda connection: connection.execute(asked))))


def _period(row: Row[Any]) -> ClosedPeriod:
    return ClosedPeriod(**{name: getattr(row, name) for name in FIELDS})
