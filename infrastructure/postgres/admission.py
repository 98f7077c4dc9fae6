"""Who may still come in: sign-ins that are ended from elsewhere, users who are shut out and let in again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import BooksCommand
from domain.errors import CustomerErased, UnknownUser
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.once import once
from infrastructure.postgres.sign_ins import end_all
from infrastructure.postgres.tables import users


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSignIns(BooksCommand):
    """All of a user's, wherever they are signed in."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchUser(BooksCommand):
    """Whether a user may come in and act."""

    user_id: str
    active: bool


class Admission:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def end_sign_ins(self, command: EndSignIns, at: datetime) -> None:
        """Those that begin afterwards are others. Raises UnknownUser."""

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            await _hold(connection, command.user_id)
            ended = await _end(connection, command.user_id, "ended from elsewhere", at)
            return {"user": command.user_id, "sign_ins": str(ended)}

        await once(self._engine, command, "sign_ins_ended", at, deed)

    async def switch(self, command: SwitchUser, at: datetime) -> None:
        """Whoever is shut out is signed out everywhere. Raises UnknownUser, and CustomerErased: they stay out."""

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            if await _hold(connection, command.user_id) is None and command.active:
                raise CustomerErased("who was erased is not let in again")
            whom = users.c.id == known_id(command.user_id, UnknownUser)
            await connection.execute(update(users).where(whom).values(active=command.active))
            if not command.active:
                await _end(connection, command.user_id, "the user was disabled", at)
            return {"user": command.user_id}

        await once(self._engine, command, "user_enabled" if command.active else "user_disabled", at, deed)


async def _hold(connection: AsyncConnection, user_id: str) -> bytes | None:
    """The index of the user's address, which is gone once they were erased."""
    asked = select(users.c.email_index).where(users.c.id == known_id(user_id, UnknownUser)).with_for_update()
    row = (await connection.execute(asked)).one_or_none()
    if row is None:
        raise UnknownUser(f"there is no user {user_id}")
    index: bytes | None = row.email_index
    return index


async def _end(connection: AsyncConnection, user_id: str, why: str, at: datetime) -> int:
    return await end_all(connection, users.c.id == known_id(user_id, UnknownUser), why, at)
