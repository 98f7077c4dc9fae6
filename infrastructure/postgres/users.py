"""Users: who may come in, and as what. Passwords arrive hashed; e-mail addresses are sealed, and found by an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import InvalidValue, UnknownUser
from domain.people import Officer, Role
from infrastructure.keys.sealing import DataKey
from infrastructure.postgres.data_keys import EMAIL_INDEX, STAFF, DataKeys
from infrastructure.postgres.engine import duplicates_refused, read, write
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.tables import delegations, users

DECIDING = (Role.OFFICER, Role.ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`level` is an officer's in the products' authority matrix; `customer_id` says whose loans are one's own.

    `email` is None once the customer was erased.
    """

    id: str
    email: str | None
    role: Role
    level: int
    customer_id: str | None
    active: bool
    created_at: datetime
    subject: str | None = None
    branch: str | None = None
    further_branches: tuple[str, ...] = ()
    every_branch: bool = False

    @property
    def branches(self) -> frozenset[str] | None:
        """Whose loans the user sees and moves; None means all."""
        if self.role is Role.ADMIN or self.branch is None or self.every_branch:
            return None
        return frozenset((self.branch, *self.further_branches))


class Users:
    """Implements `domain.ports.OfficerDirectory`, too."""

    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and the hash of the password. The case of letters does not matter."""
        row = await self._one(users.c.email_index == (await self._keys.house(EMAIL_INDEX)).index(email))
        return (await self._opened(row), row.password_hash) if row else None

    async def by_subject(self, subject: str) -> User | None:
        """Whom the lender's identity provider knows by this."""
        row = await self._one(users.c.subject == subject)
        return _user(row, None) if row else None

    async def by_id(self, user_id: str) -> User:
        return await self._opened(await self._known(user_id))

    async def at_work(self, user_id: str) -> User:
        """The user without the address, which need not be opened for it."""
        return _user(await self._known(user_id), None)

    async def officer(self, user_id: str, at: datetime) -> Officer:
        user = await self.at_work(user_id)
        if user.role not in DECIDING or not user.active:
            raise UnknownUser(f"{user_id} is no active officer")
        return _officer(user, await self._delegators(user_id, at.astimezone(UTC).date()))

    async def _delegators(self, user_id: str, day: date) -> tuple[Officer, ...]:
        """Whom the officer acts for, with the authority that they have themselves."""
        asked = (
            select(users)
            .join(delegations, delegations.c.delegator_id == users.c.id)
            .where(delegations.c.delegate_id == UUID(user_id), delegations.c.revoked_at.is_(None))
            .where(delegations.c.first_day <= day, delegations.c.last_day >= day)
            .where(users.c.active, users.c.role.in_(DECIDING))
            .order_by(delegations.c.made_at, users.c.id)
        )
        rows = await read(self._engine, lambda connection: connection.execute(asked))
        return tuple(_officer(_user(row, None)) for row in rows)

    async def create(
        self,
        *,
        email: str,
        password_hash: str,
        role: Role,
        at: datetime,
        level: int = 0,
        customer_id: str | None = None,
        branch: str | None = None,
        subject: str | None = None,
    ) -> User:
        """Raises InvalidValue when the e-mail address or the subject is in use."""
        user = User(
            id=str(uuid4()),
            email=email,
            role=role,
            level=level,
            customer_id=customer_id,
            active=True,
            created_at=at,
            branch=branch,
            subject=subject,
        )
        if subject is not None and await self.by_subject(subject):
            raise InvalidValue("subject", "is in use")
        row = await sealed_user(self._keys, user, password_hash, await self._keys.house(STAFF))
        await write(self._engine, lambda connection: add_user(connection, row))
        return user

    async def post(
        self, user_id: str, *, branch: str | None, further_branches: Sequence[str], every_branch: bool
    ) -> User:
        """Put a user into a branch (None: head office), perhaps with a view of others. Raises UnknownUser."""
        place = {"branch": branch, "further_branches": list(further_branches), "every_branch": every_branch}
        posting = update(users).where(users.c.id == known_id(user_id, UnknownUser)).values(place)
        await write(self._engine, lambda connection: connection.execute(posting))
        return await self.by_id(user_id)

    async def page(self, *, after: str | None = None, limit: int = 50) -> Page[User]:
        """In the order in which they came."""
        key = (users.c.created_at, users.c.id)
        page = await read(
            self._engine,
            lambda connection: page_of(connection, select(users), _itself, key=key, after=after, limit=limit),
        )
        staff = await self._keys.house(STAFF)
        applicants = {str(row.customer_id) for row in page.items if row.role == Role.APPLICANT}
        owners = await self._keys.customers(applicants)
        opened = (_user(row, owners.get(str(row.customer_id)) if _owned(row) else staff) for row in page.items)
        return Page(items=tuple(opened), next=page.next)

    async def _known(self, user_id: str) -> Row[Any]:
        row = await self._one(users.c.id == known_id(user_id, UnknownUser))
        if row is None:
            raise UnknownUser(f"there is no user {user_id}")
        return row

    async def _opened(self, row: Row[Any]) -> User:
        if not _owned(row):
            return _user(row, await self._keys.house(STAFF))
        return _user(row, (await self._keys.customers([str(row.customer_id)])).get(str(row.customer_id)))

    async def _one(self, condition: ColumnElement[bool]) -> Row[Any] | None:
        asked = select(users).where(condition)
        return (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()


async def sealed_user(keys: DataKeys, user: User, password_hash: str, owner: DataKey) -> dict[str, Any]:
    """The row of a new user, whose address `owner` seals: the customer's own key, or the staff's."""
    address = user.email or ""
    return {
        "id": UUID(user.id),
        "email_index": (await keys.house(EMAIL_INDEX)).index(address),
        "sealed_email": owner.seal(_place(user.id), address.encode()),
        "password_hash": password_hash,
        "role": user.role,
        "level": user.level,
        "customer_id": UUID(user.customer_id) if user.customer_id else None,
        "active": user.active,
        "created_at": user.created_at,
        "branch": user.branch,
        "subject": user.subject,
    }


async def add_user(connection: AsyncConnection, row: dict[str, Any]) -> None:
    with duplicates_refused("email", "is in use"):
        await connection.execute(insert(users).values(row))


def _officer(user: User, acts_for: tuple[Officer, ...] = ()) -> Officer:
    return Officer(
        id=user.id, level=user.level, customer_id=user.customer_id, acts_for=acts_for, branches=user.branches
    )


def _owned(row: Row[Any]) -> bool:
    """Whether the address is the customer's own. Who works here is staff, a customer or not."""
    return bool(row.role == Role.APPLICANT)


def _place(user_id: str) -> str:
    return f"users/{user_id}"


def _itself(row: Row[Any]) -> Row[Any]:
    return row


def _user(row: Row[Any], owner: DataKey | None) -> User:
    return User(
        id=str(row.id),
        email=owner.unseal(_place(str(row.id)), row.sealed_email).decode() if owner else None,
        role=Role(row.role),
        level=row.level,
        customer_id=str(row.customer_id) if row.customer_id else None,
        active=row.active,
        created_at=row.created_at,
        subject=row.subject,
        branch=row.branch,
        further_branches=tuple(row.further_branches),
        every_branch=row.every_branch,
    )
