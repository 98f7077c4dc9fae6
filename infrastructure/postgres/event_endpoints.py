"""Endpoints: who is told of events, where, and with which secret."""

import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import BooksCommand
from domain.errors import UnknownEndpoint
from infrastructure.keys.sealing import DataKey
from infrastructure.postgres.data_keys import WEBHOOKS, DataKeys
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.event_tables import event_endpoints
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.once import once
from infrastructure.postgres.pages import Page, page_of

# The one broker, and the one sender of notices, as endpoints among the others
BROKER = UUID("0b0f2f6e-7d5c-5f0a-9a53-6a1d6a6f7e10")
NOTIFIER = UUID("2f4c8a52-93b1-5d0e-8c67-51e0b7d4a9c3")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEndpoint(BooksCommand):
    """`event_types` empty means all."""

    endpoint_id: str
    url: str
    event_types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSecret(BooksCommand):
    """For `overlap_hours` the old secret signs beside the new one."""

    endpoint_id: str
    overlap_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchEndpoint(BooksCommand):
    """Disabled, an endpoint is told nothing, and misses what happens meanwhile."""

    endpoint_id: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`secrets` are all that sign now, the newest first."""

    id: str
    kind: str
    url: str
    event_types: tuple[str, ...]
    secrets: tuple[str, ...] = field(repr=False)
    previous_until: datetime | None
    created_by: str
    created_at: datetime
    disabled_at: datetime | None


class Endpoints:
    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def add(self, command: AddEndpoint, at: datetime) -> str | None:
        """The new endpoint's secret; None when the operation is on record, because it is told once."""
        told: list[str] = []
        key = await self._keys.house(WEBHOOKS)

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            told.append(_new_secret())
            endpoint_id, sealed = UUID(command.endpoint_id), _sealed(key, command.endpoint_id, told[0])
            row = {"id": endpoint_id, "kind": "webhook", "url": command.url, "secret": sealed}
            more = {"event_types": list(command.event_types), "created_by": command.actor, "created_at": at}
            await connection.execute(insert(event_endpoints).values(**row, **more))
            return {"endpoint": command.endpoint_id, "url": command.url}

        await once(self._engine, command, "event_endpoint_added", at, deed)
        return told[0] if told else None

    async def rotate(self, command: RotateSecret, at: datetime) -> str | None:
        """The new secret; None when the operation is on record. Raises UnknownEndpoint."""
        told: list[str] = []
        key = await self._keys.house(WEBHOOKS)

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            told.append(_new_secret())
            sealed = _sealed(key, command.endpoint_id, told[0])
            until = at + timedelta(hours=command.overlap_hours)
            old = {"previous_secret": event_endpoints.c.secret, "previous_until": until}
            await _change(connection, command.endpoint_id, secret=sealed, **old)
            return {"endpoint": command.endpoint_id, "old_secret_until": until.isoformat()}

        await once(self._engine, command, "event_secret_rotated", at, deed)
        return told[0] if told else None

    async def switch(self, command: SwitchEndpoint, at: datetime) -> None:
        """Raises UnknownEndpoint."""

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            await _change(connection, command.endpoint_id, disabled_at=None if command.enabled else at)
            return {"endpoint": command.endpoint_id}

        action = "event_endpoint_enabled" if command.enabled else "event_endpoint_disabled"
        await once(self._engine, command, action, at, deed)

    async def configure_broker(self, place: str | None, at: datetime) -> None:
        """The broker that this installation is told of, None for none. `place` holds no password."""
        gone = update(event_endpoints).where(event_endpoints.c.id == BROKER).values(disabled_at=at)
        change = _configured(BROKER, "broker", place, at) if place else gone
        await write(self._engine, lambda connection: connection.execute(change))

    async def configure_notifier(self, place: str, at: datetime) -> None:
        """Who sends notices. It is told of what a loan's product makes a notice, and of nothing else."""
        change = _configured(NOTIFIER, "notifier", place, at)
        await write(self._engine, lambda connection: connection.execute(change))

    async def endpoint(self, endpoint_id: str, at: datetime) -> Endpoint:
        """Raises UnknownEndpoint."""
        asked = select(event_endpoints).where(event_endpoints.c.id == known_id(endpoint_id, UnknownEndpoint))
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownEndpoint(f"there is no endpoint {endpoint_id}")
        return _endpoint(row, await self._keys.house(WEBHOOKS), at)

    async def open(self, at: datetime) -> dict[str, Endpoint]:
        """All that are told now, by id."""
        asked = select(event_endpoints).where(event_endpoints.c.disabled_at.is_(None))
        rows = await read(self._engine, lambda connection: connection.execute(asked))
        signs = await self._keys.house(WEBHOOKS)
        return {str(row.id): _endpoint(row, signs, at) for row in rows}

    async def page(self, at: datetime, *, after: str | None = None, limit: int = 50) -> Page[Endpoint]:
        key = (event_endpoints.c.created_at, event_endpoints.c.id)
        signs = await self._keys.house(WEBHOOKS)
        return await read(
            self._engine,
            lambda connection: page_of(
                connection,
                select(event_endpoints),
                lambda row: _endpoint(row, signs, at),
                key=key,
                after=after,
                limit=limit,
            ),
        )


def _configured(endpoint_id: UUID, kind: str, place: str, at: datetime) -> Insert:
    row = {"id": endpoint_id, "kind": kind, "url": place, "created_by": "settings", "created_at": at}
    now = {"url": place, "disabled_at": None}
    return upsert(event_endpoints).values(**row, event_types=[]).on_conflict_do_update(index_elements=["id"], set_=now)


async def _change(connection: AsyncConnection, endpoint_id: str, **values: Any) -> None:
    change = update(event_endpoints).where(
        event_endpoints.c.id == known_id(endpoint_id, UnknownEndpoint), event_endpoints.c.kind == "webhook"
    )
    if (await connection.execute(change.values(**values))).rowcount == 0:
        raise UnknownEndpoint(f"there is no webhook endpoint {endpoint_id}")


def _new_secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def _sealed(key: DataKey, endpoint_id: str, secret: str) -> bytes:
    return key.seal(_place(endpoint_id), secret.encode())


def _place(endpoint_id: str) -> str:
    return f"event_endpoints/{UUID(endpoint_id)}"


def _endpoint(row: Row[Any], key: DataKey, at: datetime) -> Endpoint:
    overlaps = row.previous_secret is not None and row.previous_until > at
    signing = filter(None, (row.secret, row.previous_secret if overlaps else None))
    return Endpoint(
        id=str(row.id),
        kind=row.kind,
        url=row.url,
        event_types=tuple(row.event_types),
        secrets=tuple(key.unseal(_place(str(row.id)), sealed).decode() for sealed in signing),
        previous_until=row.previous_until if overlaps else None,
        created_by=row.created_by,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
