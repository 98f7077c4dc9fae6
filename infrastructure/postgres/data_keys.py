"""Data keys: one per customer, and a few of the house. At rest they are wrapped by the key provider."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import CustomerErased, UnknownCustomer
from infrastructure.keys.memory import KeysInMemory
from infrastructure.keys.provider import KeyProvider, WrappedKey
from infrastructure.keys.sealing import DataKey, new_secret
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.key_tables import customer_keys, house_keys

EMAIL_INDEX = "email-index"  # finds a user by an e-mail address
ACCOUNT_INDEX = "account-index"  # finds who else has a bank account
DEVICE_INDEX = "device-index"  # finds who else applied from a device
STAFF = "staff"  # seals the addresses of those who work here
WEBHOOKS = "webhooks"  # seals what signs events
OF_CUSTOMER = "customer/"  # begins the name of a customer as a key's owner


class DataKeys:
    """A provider is asked once per key and period, not once per use."""

    def __init__(self, engine: AsyncEngine, provider: KeyProvider, memory: KeysInMemory | None = None) -> None:
        self._engine, self._provider = engine, provider
        self._memory = memory or KeysInMemory()

    async def customer(self, customer_id: str) -> DataKey:
        """Raises UnknownCustomer, and CustomerErased once the key was destroyed: the row is read each time."""
        asked = select(customer_keys).where(customer_keys.c.customer_id == known_id(customer_id, UnknownCustomer))
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownCustomer(f"there is no customer {customer_id}")
        return await self.of(row)

    async def of(self, row: Row[Any]) -> DataKey:
        """The key in a row of `customer_keys`, whatever it was joined with. Raises CustomerErased."""
        if row.wrapped is None:
            raise CustomerErased(f"what was held about customer {row.customer_id} was erased")
        return await self._of_customer(row)

    def at_hand(self, customer_id: str) -> DataKey | None:
        """The customer's key, if it is in memory. Whether it was destroyed since, the reader must ask the row."""
        return self._memory.at_hand(owner_of(known_id(customer_id, UnknownCustomer)))

    async def customers(self, ids: Collection[str]) -> dict[str, DataKey]:
        """Those that are there, by customer."""
        asked = select(customer_keys).where(
            customer_keys.c.customer_id.in_(map(UUID, ids)), customer_keys.c.wrapped.is_not(None)
        )
        rows = (await read(self._engine, lambda connection: connection.execute(asked))).all() if ids else ()
        keys = await asyncio.gather(*map(self._of_customer, rows))
        return {str(row.customer_id): key for row, key in zip(rows, keys, strict=True)}

    async def house(self, purpose: str) -> DataKey:
        """Made when it is first asked for."""
        return await self._memory.get(purpose, lambda: self._of_house(purpose))

    async def new(self, customer_id: UUID) -> tuple[DataKey, WrappedKey]:
        """A key for a customer to come, for `keep` in the transaction that brings the customer."""
        key = DataKey(owner_of(customer_id), new_secret())
        return key, await self._provider.wrap(key.secret, key.owner)

    def remember(self, key: DataKey) -> None:
        """Not before it is kept: another key may have been faster."""
        self._memory.put(key.owner, key)

    async def _of_customer(self, row: Row[Any]) -> DataKey:
        owner = owner_of(row.customer_id)
        return await self._memory.get(owner, lambda: self._unwrapped(WrappedKey(row.version, row.wrapped), owner))

    async def _of_house(self, purpose: str) -> DataKey:
        asked = select(house_keys).where(house_keys.c.purpose == purpose)
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is not None:
            return await self._unwrapped(WrappedKey(row.version, row.wrapped), purpose)
        wrapped = await self._provider.wrap(new_secret(), purpose)
        first = (
            upsert(house_keys)
            .values(purpose=purpose, wrapped=wrapped.wrapped, version=wrapped.version, created_at=func.now())
            .on_conflict_do_nothing()
        )
        await write(self._engine, lambda connection: connection.execute(first))
        return await self._of_house(purpose)  # ours, or that of another process which was faster

    async def _unwrapped(self, key: WrappedKey, owner: str) -> DataKey:
        return DataKey(owner, await self._provider.unwrap(key, owner))


def owner_of(customer_id: UUID) -> str:
    return f"{OF_CUSTOMER}{customer_id}"


async def keep(connection: AsyncConnection, customer_id: UUID, key: WrappedKey, at: datetime) -> None:
    row = {"customer_id": customer_id, "wrapped": key.wrapped, "version": key.version, "created_at": at}
    await connection.execute(insert(customer_keys).values(row))
