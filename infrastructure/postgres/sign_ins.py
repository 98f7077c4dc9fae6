"""Sign-ins: each lives by a chain of refresh tokens, and each of those is good for one use.

Whoever uses one a second time has stolen it, or was stolen from: the whole chain ends. Tokens are stored as digests.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.postgres.access_tables import refresh_tokens, sign_ins
from infrastructure.postgres.engine import write
from infrastructure.postgres.tables import users

REMEMBERED: Final = timedelta(days=30)  # after their end


class SignInOver(Exception):
    """The refresh token is good for nothing."""


class SignIns:
    def __init__(self, engine: AsyncEngine, lifetime: timedelta) -> None:
        self._engine = engine
        self.lifetime = lifetime

    async def begin(self, user_id: str, now: datetime) -> str:
        """The first refresh token of a new sign-in. Old ones of the user are forgotten."""
        sign_in_id, user = uuid4(), UUID(user_id)

        async def do(connection: AsyncConnection) -> str:
            old = sign_ins.c.ends_at < now - REMEMBERED
            await connection.execute(delete(sign_ins).where(sign_ins.c.user_id == user, old))
            new = {"id": sign_in_id, "user_id": user, "began_at": now, "ends_at": now + self.lifetime}
            await connection.execute(insert(sign_ins).values(new))
            return await _issue(connection, sign_in_id, now)

        return await write(self._engine, do)

    async def renew(self, token: str, now: datetime) -> tuple[str, str]:
        """The user's id and the next refresh token. Raises SignInOver; after a second use, for all of the sign-in."""

        async def do(connection: AsyncConnection) -> tuple[str, str] | None:
            found = await _found(connection, token)
            if found is None or found.ended_at is not None or found.ends_at <= now:
                return None
            if found.used_at is not None:
                await _end(connection, found.id, "a refresh token was used twice", now)
                return None
            used = update(refresh_tokens).where(refresh_tokens.c.hash == _digest(token)).values(used_at=now)
            await connection.execute(used)
            return str(found.user_id), await _issue(connection, found.id, now)

        renewed = await write(self._engine, do)
        if renewed is None:
            raise SignInOver("the sign-in is over")
        return renewed

    async def end(self, token: str, now: datetime) -> None:
        """Whatever the token is worth by now."""

        async def do(connection: AsyncConnection) -> None:
            found = await _found(connection, token)
            if found is not None and found.ended_at is None:
                await _end(connection, found.id, "signed out", now)

        await write(self._engine, do)


async def end_all(connection: AsyncConnection, whose: ColumnElement[bool], why: str, now: datetime) -> int:
    """Those of the users of whom `whose` holds that are not over yet. How many."""
    over = (
        update(sign_ins)
        .where(sign_ins.c.user_id.in_(select(users.c.id).where(whose)))
        .where(sign_ins.c.ended_at.is_(None), sign_ins.c.ends_at > now)
        .values(ended_at=now, ended_because=why)
    )
    return (await connection.execute(over)).rowcount


async def _found(connection: AsyncConnection, token: str) -> Row[Any] | None:
    """The sign-in, locked: two who use one token at once come one after the other."""
    asked = (
        select(sign_ins.c.id, sign_ins.c.user_id, sign_ins.c.ends_at, sign_ins.c.ended_at, refresh_tokens.c.used_at)
        .join_from(sign_ins, refresh_tokens)
        .where(refresh_tokens.c.hash == _digest(token))
        .with_for_update()
    )
    return (await connection.execute(asked)).one_or_none()


async def _issue(connection: AsyncConnection, sign_in_id: UUID, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    new = {"hash": _digest(token), "sign_in_id": sign_in_id, "issued_at": now}
    await connection.execute(insert(refresh_tokens).values(new))
    return token


async def _end(connection: AsyncConnection, sign_in_id: UUID, why: str, now: datetime) -> None:
    over = update(sign_ins).where(sign_ins.c.id == sign_in_id).values(ended_at=now, ended_because=why)
    await connection.execute(over)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
