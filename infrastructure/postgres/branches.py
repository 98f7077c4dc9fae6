"""The lender's branches. A loan belongs to the one through which it came, for ever."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import UnknownBranch
from infrastructure.postgres.engine import duplicates_refused, read, write
from infrastructure.postgres.tables import branches


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    code: str
    name: str
    created_at: datetime


class Branches:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def all(self) -> tuple[Branch, ...]:
        asked = select(branches).order_by(branches.c.code)
        rows = await read(self._engine, lambda connection: connection.execute(asked))
        return tuple(map(_branch, rows))

    async def create(self, code: str, name: str, at: datetime) -> Branch:
        """Raises InvalidValue when there is one of this code."""
        new = insert(branches).values(code=code, name=name, created_at=at)
        with duplicates_refused("code", "is in use"):
            await write(self._engine, lambda connection: connection.execute(new))
        return Branch(code=code, name=name, created_at=at)

    async def check(self, codes: Collection[str]) -> None:
        """Raises UnknownBranch."""
        known = {branch.code for branch in await self.all()}
        if unknown := sorted(set(codes) - known):
            raise UnknownBranch(f"there is no branch {', '.join(unknown)}")


def _branch(row: Row[Any]) -> Branch:
    return Branch(code=row.code, name=row.name, created_at=row.created_at)
