"""PostgresPortfolio: a day of all loans at once, in sets."""

import json
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.elements import TextClause

from domain.accrual import accrual_lines
from domain.conventions import DayCount
from domain.money import Money
from domain.people import ENGINE
from domain.portfolio import Partition, PortfolioFigures
from domain.rates import day_number
from infrastructure.postgres import closing_statements as statements
from infrastructure.postgres.daily import line_columns
from infrastructure.postgres.engine import PeriodClosed, named_outages, read, statement_by_statement
from infrastructure.postgres.portfolio_tables import FIGURES, portfolio_figures
from infrastructure.postgres.seen import load

FOLDED_AT_ONCE = 200
MOVED_AT_ONCE = 1_000  # each holds a lock of its audit chain until the statement ends

ALL_IDS = 1 << 128


class PostgresPortfolio:
    """Implements `domain.ports.Portfolio`. Loan ids are random, so equal ranges of them hold equally many loans."""

    def __init__(self, engine: AsyncEngine, loans_of_a_partition: int = 10_000) -> None:
        self._engine = statement_by_statement(engine)
        self._loans_of_a_partition = loans_of_a_partition

    async def open_days(self, through: date) -> tuple[date, ...]:
        last: date | None = await self._scalar(statements.LAST_CLOSING)
        if last is None or last >= through:
            return (through,)
        return tuple(last + timedelta(days) for days in range(1, (through - last).days + 1))

    async def is_done(self, day: date) -> bool:
        return bool(await self._scalar(statements.IS_DONE, day=day))

    async def partitions(self) -> int:
        running: int = await self._scalar(statements.RUNNING)
        return max(1, -(-running // self._loans_of_a_partition))

    async def accrue(self, partition: Partition, day: date, at: datetime) -> int:
        """Loans that were accrued."""
        place = _range(partition) | {"day": day}
        unreached = bool(await self._scalar(statements.NEXT_LINE, **place))
        while unreached:
            unreached = await self._redraw(place)
        values = place | {"at": at, "numbers": _numbers(day)}
        with suppress(PeriodClosed):
            return int(await self._scalar(statements.ACCRUE, **values))
        return int(await self._scalar(statements.ACCRUE, **values))

    async def move(self, partition: Partition, day: date, at: datetime) -> int:
        """Loans that changed their bucket."""
        place, moved = _range(partition) | {"day": day, "at": at, "actor": ENGINE, "most": MOVED_AT_ONCE}, 0
        while some := int(await self._scalar(statements.MOVE, **place)):
            moved += some
        return moved

    async def lost(self, partition: Partition, day: date) -> tuple[str, ...]:
        return await self._ids(statements.LOST, **_range(partition), day=day)

    async def moved(self, day: date) -> tuple[str, ...]:
        return await self._ids(statements.MOVED, day=day)

    async def close(self, day: date, at: datetime) -> None:
        if not await self._scalar(statements.IS_CLOSED, day=day):
            last_entry: int = await self._scalar(statements.LAST_SETTLED_ENTRY)
            await self._scalar(statements.CLOSE, day=day, at=at, last_entry=last_entry)

    async def figures(self, day: date | None = None) -> tuple[PortfolioFigures, ...]:
        """Of the day, or of the last that was closed; empty when there is none."""
        last = select(portfolio_figures.c.day).order_by(portfolio_figures.c.day.desc()).limit(1).scalar_subquery()
        wanted = (
            select(portfolio_figures)
            .where(portfolio_figures.c.day == (last if day is None else day))
            .order_by(portfolio_figures.c.product_code, portfolio_figures.c.currency)
        )
        return tuple(map(_figures, await read(self._engine, lambda connection: connection.execute(wanted))))

    async def _redraw(self, place: dict[str, Any]) -> bool:
        """Fold some of the loans that no line reaches to the day. False when there are none."""
        with named_outages():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statements.UNREACHED, place | {"most": FOLDED_AT_ONCE})).all()
                lines = [await _redrawn(connection, row, place["day"]) for row in rows]
                if lines:
                    await connection.execute(statements.REDRAW, {"lines": json.dumps(lines)})
        return bool(rows)

    async def _scalar(self, statement: TextClause, **values: object) -> Any:
        with named_outages():
            async with self._engine.connect() as connection:
                result = await connection.execute(statement, values)
                return result.scalar() if result.returns_rows else None

    async def _ids(self, statement: TextClause, **values: object) -> tuple[str, ...]:
        with named_outages():
            async with self._engine.connect() as connection:
                return tuple(str(loan_id) for (loan_id,) in await connection.execute(statement, values))


async def _redrawn(connection: AsyncConnection, row: Row[Any], day: date) -> dict[str, Any]:
    loan = (await load(connection, str(row.loan_id))).loan
    lines = accrual_lines(loan.terms, loan.transactions, day)
    return {"loan_id": str(row.loan_id), "writes": row.writes, **line_columns(lines)}


def _numbers(day: date) -> str:
    return json.dumps({count: day_number(count, day) for count in DayCount})


def _range(partition: Partition) -> dict[str, UUID]:
    first = partition.number * ALL_IDS // partition.count
    after = (partition.number + 1) * ALL_IDS // partition.count
    return {"first": UUID(int=first), "last": UUID(int=after - 1)}


def _figures(row: Row[Any]) -> PortfolioFigures:
    known = row._asdict()
    amounts = {name: Money(known[name], row.currency) for name in FIGURES}
    return PortfolioFigures(day=row.day, product_code=row.product_code, loans=row.loans, **amounts)
