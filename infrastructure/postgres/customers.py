"""Customers: who they are, sealed under a key of their own."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.customer import CustomerDetails
from domain.errors import InvalidValue, UnknownCustomer
from domain.people import Role
from infrastructure.keys.provider import WrappedKey
from infrastructure.keys.sealing import DataKey
from infrastructure.postgres.data_keys import ACCOUNT_INDEX, DataKeys, keep
from infrastructure.postgres.engine import duplicates_refused, read, write
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.key_tables import customer_keys
from infrastructure.postgres.tables import customers
from infrastructure.postgres.users import User, add_user, sealed_user

DETAILS = TypeAdapter(CustomerDetails)
PLACE = "customers"

_DETAILS = (
    select(customers.c.sealed, customer_keys)
    .join(customer_keys, customer_keys.c.customer_id == customers.c.id)
    .where(customers.c.id == bindparam("customer_id"))
)


class Customers:
    """Implements `domain.ports.CustomerDirectory`, too."""

    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def create(self, details: CustomerDetails, at: datetime) -> None:
        key, wrapped = await self._keys.new(_new_id(details))
        row = await self._row(details, key, at)
        await write(self._engine, lambda connection: _add(connection, row, wrapped))
        self._keys.remember(key)

    async def register(self, details: CustomerDetails, password_hash: str, at: datetime) -> User:
        """A customer who may come in as an applicant. Raises InvalidValue when the e-mail address is in use."""
        user = User(
            id=str(uuid4()),
            email=details.email,
            role=Role.APPLICANT,
            level=0,
            customer_id=details.customer_id,
            active=True,
            created_at=at,
        )
        key, wrapped = await self._keys.new(_new_id(details))
        row, login = await self._row(details, key, at), await sealed_user(self._keys, user, password_hash, key)

        async def both(connection: AsyncConnection) -> None:
            await _add(connection, row, wrapped)
            await add_user(connection, login)

        await write(self._engine, both)
        self._keys.remember(key)
        return user

    async def details(self, customer_id: str) -> CustomerDetails:
        """Raises UnknownCustomer, and CustomerErased."""
        asked = {"customer_id": known_id(customer_id, UnknownCustomer)}
        row = (await read(self._engine, lambda connection: connection.execute(_DETAILS, asked))).one_or_none()
        if row is None:
            raise UnknownCustomer(f"there is no customer {customer_id}")
        return DETAILS.validate_json((await self._keys.of(row)).unseal(PLACE, row.sealed))

    async def _row(self, details: CustomerDetails, key: DataKey, at: datetime) -> dict[str, Any]:
        return {
            "id": _new_id(details),
            "sealed": key.seal(PLACE, DETAILS.dump_json(details)),
            "account_index": await self._account_index(details.bank_account),
            "created_at": at,
        }

    async def _account_index(self, account: str | None) -> bytes | None:
        """The same for one account however it is spaced."""
        if account is None:
            return None
        return (await self._keys.house(ACCOUNT_INDEX)).index("".join(account.split()))


async def _add(connection: AsyncConnection, row: dict[str, Any], wrapped: WrappedKey) -> None:
    with duplicates_refused("customer_id", "is in use"):
        await connection.execute(insert(customers).values(row))
    await keep(connection, row["id"], wrapped, row["created_at"])


def _new_id(details: CustomerDetails) -> UUID:
    try:
        return UUID(details.customer_id)
    except ValueError:
        raise InvalidValue("customer_id", "is not a UUID") from None
