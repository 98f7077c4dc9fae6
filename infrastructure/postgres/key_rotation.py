"""Wrapped keys as they lie in their tables: wrapped anew batch by batch, and counted by version."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.key_rotation import KeysOfVersion, KeyVersions, NoteRotation, Rewrapped
from infrastructure.keys.provider import KeyProvider, KeysRefused, WrappedKey
from infrastructure.postgres.data_keys import owner_of
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.once import once

BATCH: Final = 500  # of customers' keys
AT_ONCE: Final = 20  # asked of the provider
FIRST: Final = UUID(int=0)

_OF_CUSTOMERS = text("""
SELECT customer_id AS id, wrapped, version FROM customer_keys
 WHERE customer_id > :after AND version <> :newest ORDER BY customer_id LIMIT :most
""")
_OF_THE_HOUSE = text("SELECT purpose AS id, wrapped, version FROM house_keys WHERE version <> :newest ORDER BY purpose")

# Only what is as it was read: a key that was destroyed meanwhile, or wrapped by somebody else, stays so.
_REPLACE_CUSTOMERS = text("""
UPDATE customer_keys k SET wrapped = n.wrapped, version = n.version
  FROM unnest(CAST(:ids AS uuid[]), CAST(:old AS bytea[]), CAST(:wrapped AS bytea[]), CAST(:versions AS text[]))
       AS n (id, old, wrapped, version)
 WHERE k.customer_id = n.id AND k.wrapped = n.old
""")
_REPLACE_HOUSE = text("""
UPDATE house_keys k SET wrapped = n.wrapped, version = n.version
  FROM unnest(CAST(:ids AS text[]), CAST(:old AS bytea[]), CAST(:wrapped AS bytea[]), CAST(:versions AS text[]))
       AS n (id, old, wrapped, version)
 WHERE k.purpose = n.id AND k.wrapped = n.old
""")
_VERSIONS = text("""
SELECT version, count(*) AS keys
  FROM (SELECT version FROM customer_keys WHERE version IS NOT NULL UNION ALL SELECT version FROM house_keys) AS k
 GROUP BY version ORDER BY version
""")


@dataclass(frozen=True, slots=True)
class _Replaced:
    row: Row[Any]
    key: WrappedKey


class PostgresWrappedKeys:
    """Implements `domain.ports.WrappedKeys`."""

    def __init__(self, engine: AsyncEngine, provider: KeyProvider, *, batch: int = BATCH) -> None:
        self._engine, self._provider, self._batch = engine, provider, batch
        self._asking = asyncio.Semaphore(AT_ONCE)

    async def rewrap(self, after: str | None) -> Rewrapped:
        newest = await self._provider.newest()
        house = await self._house(newest) if after is None else Rewrapped()
        return house + await self._customers(UUID(after) if after else FIRST, newest)

    async def _house(self, newest: str) -> Rewrapped:
        rows = await self._rows(_OF_THE_HOUSE, newest=newest)
        return await self._replace(rows, [row.id for row in rows], _REPLACE_HOUSE)

    async def _customers(self, after: UUID, newest: str) -> Rewrapped:
        rows = await self._rows(_OF_CUSTOMERS, newest=newest, after=after, most=self._batch)
        done = await self._replace(rows, [owner_of(row.id) for row in rows], _REPLACE_CUSTOMERS)
        return done + Rewrapped(after=str(rows[-1].id) if len(rows) == self._batch else None)

    async def _rows(self, asked: TextClause, **values: Any) -> Sequence[Row[Any]]:
        return (await read(self._engine, lambda connection: connection.execute(asked, values))).all()

    async def _replace(self, rows: Sequence[Row[Any]], owners: Sequence[str], replacing: TextClause) -> Rewrapped:
        tried = await asyncio.gather(*map(self._wrapped_anew, rows, owners))
        new = [one for one in tried if isinstance(one, _Replaced)]
        refused = tuple(one for one in tried if isinstance(one, str))
        count = await write(self._engine, lambda connection: _replace(connection, replacing, new)) if new else 0
        return Rewrapped(rewrapped=count) + Rewrapped(refused=len(refused), named=refused)

    async def _wrapped_anew(self, row: Row[Any], owner: str) -> _Replaced | str:
        """The owner's name when the provider won't open the key. Raises KeysUnavailable, and KeysRefused when it won't
        wrap."""
        async with self._asking:
            try:
                secret = await self._provider.unwrap(WrappedKey(row.version, row.wrapped), owner)
            except KeysRefused:
                return owner
            return _Replaced(row, await self._provider.wrap(secret, owner))

    async def versions(self) -> KeyVersions:
        rows = await self._rows(_VERSIONS)
        counted = tuple(KeysOfVersion(version=row.version, keys=row.keys) for row in rows)
        return KeyVersions(newest=await self._provider.newest(), versions=counted)

    async def note(self, rotation: NoteRotation, at: datetime) -> None:
        done = rotation.done

        async def told(connection: AsyncConnection) -> dict[str, str]:
            return {"rewrapped": str(done.rewrapped), "refused": str(done.refused), "named": " ".join(done.named)}

        await once(self._engine, rotation, "keys_rotated", at, told)


async def _replace(connection: AsyncConnection, replacing: TextClause, new: Sequence[_Replaced]) -> int:
    values = {
        "ids": [one.row.id for one in new],
        "old": [one.row.wrapped for one in new],
        "wrapped": [one.key.wrapped for one in new],
        "versions": [one.key.version for one in new],
    }
    return (await connection.execute(replacing, values)).rowcount
