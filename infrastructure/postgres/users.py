"""Users: who may come in, and as what. Passwords arrive hashed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import UnknownUser
from domain.people import Officer, Role
from infrastructure.postgres.engine import duplicates_refused, read, write
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.tables import users


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`level` is an officer's in the products' authority matrix; `customer_id` says whose loans are one's own."""

    id: str
    email: str
    role: Role
    level: int
    customer_id: str | None
    active: bool
    created_at: datetime


class Users:
    """Implements `domain.ports.OfficerDirectory`, too."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and the hash of the password. The case of letters does not matter."""
        row = await self._one(users.c.email == email)
        return (_user(row), row.password_hash) if row else None

    async def by_id(self, user_id: str) -> User:
        row = await self._one(users.c.id == known_id(user_id, UnknownUser))
        if row is None:
            raise UnknownUser(f"there is no user {user_id}")
        return _user(row)

    async def officer(self, user_id: str) -> Officer:
        user = await self.by_id(user_id)
        if user.role not in (Role.OFFICER, Role.ADMIN) or not user.active:
            raise UnknownUser(f"{user_id} is no active officer")
        return Officer(id=user.id, level=user.level, customer_id=user.customer_id)

    async def create(
        self,
        *,
        email: str,
        password_hash: str,
        role: Role,
        at: datetime,
        level: int = 0,
        customer_id: str | None = None,
    ) -> User:
        """Raises InvalidValue when the e-mail address is in use."""
        user = User(
            id=str(uuid4()),
            email=email,
            role=role,
            level=level,
            customer_id=customer_id,
            active=True,
            created_at=at,
        )
        await write(self._engine, lambda connection: add_user(connection, user, password_hash))
        return user

    async def page(self, *, after: str | None = None, limit: int = 50) -> Page[User]:
        """In the order in which they came."""
        key = (users.c.created_at, users.c.id)
        return await read(
            self._engine,
            lambda connection: page_of(connection, select(users), _user, key=key, after=after, limit=limit),
        )

    async def _one(self, condition: ColumnElement[bool]) -> Row[Any] | None:
        asked = select(users).where(condition)
        return (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()


async def add_user(connection: AsyncConnection, user: User, password_hash: str) -> None:
    with duplicates_refused("email", "is in use"):
        await connection.execute(
            insert(users).values(
                id=UUID(user.id),
                email=user.email,
                password_hash=password_hash,
                role=user.role,
                level=user.level,
                customer_id=UUID(user.customer_id) if user.customer_id else None,
                active=user.active,
                created_at=user.created_at,
            )
        )


def _user(row: Row[Any]) -> User:
    return User(
        id=str(row.id),
        email=row.email,
        role=Role(row.role),
        level=row.level,
        customer_id=str(row.customer_id) if row.customer_id else None,
        active=row.active,
        created_at=row.created_at,
    )
