"""Everything held about one customer, as it lies in the tables, with what is sealed laid open; and what of it the
customer is told without a person looking through it first."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Row, Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.customer import CustomerDetails
from domain.errors import UnknownCustomer
from infrastructure.keys.sealing import DataKey
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.documents import Documents
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.own_export import policies_of, to_its_subject
from infrastructure.postgres.tables import (
    acceptances,
    audit,
    correspondence,
    evidence,
    installments,
    loans,
    transactions,
    users,
)
from infrastructure.postgres.users import Users

DETAILS = TypeAdapter(CustomerDetails)
OF_A_LOAN: Final[dict[str, Table]] = {
    "schedule": installments,
    "transactions": transactions,
    "acceptances": acceptances,
    "correspondence": correspondence,
    "evidence": evidence,
    "audit_trail": audit,
}
# Where sealed columns lie, what they are called laid open, and how they are read.
_SEALED: Final[dict[str, tuple[str, str, Callable[[bytes], Any]]]] = {
    "acceptances": ("sealed_address", "address", bytes.decode),
    "correspondence": ("sealed", "text", bytes.decode),
    "evidence": ("sealed", "content", json.loads),
}
_NOTED = text("""
INSERT INTO audit (actor, action, details, at)
VALUES (:actor, 'customer_exported', jsonb_build_object('customer', CAST(:customer AS text)), :at)
""")


class Export:
    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def of(self, customer_id: str, *, actor: str, at: datetime) -> dict[str, Any]:
        """On record before it is handed out. Raises UnknownCustomer, and CustomerErased."""
        known = str(known_id(customer_id, UnknownCustomer))
        details, key = await Customers(self._engine, self._keys).details(known), await self._keys.customer(known)
        told = {
            "customer": DETAILS.dump_python(details, mode="json"),
            "users": await self._users(known),
            "documents": [asdict(one) for one in await Documents(self._engine, self._keys).of(known)],
            "loans": await read(self._engine, lambda connection: _loans(connection, known, key)),
        }
        noted = {"actor": actor, "customer": known, "at": at}
        await write(self._engine, lambda connection: connection.execute(_NOTED, noted))
        return told

    async def of_oneself(self, customer_id: str, *, actor: str, at: datetime) -> dict[str, Any]:
        """On record as well. Raises CustomerErased."""
        told = await self.of(customer_id, actor=actor, at=at)
        policies = await read(self._engine, lambda connection: policies_of(connection, told["loans"]))
        return to_its_subject(told, policies)

    async def _users(self, customer_id: str) -> list[dict[str, Any]]:
        """Without their passwords' hashes."""
        asked = select(users.c.id).where(users.c.customer_id == known_id(customer_id, UnknownCustomer))
        ids = (await read(self._engine, lambda connection: connection.scalars(asked))).all()
        return [asdict(await Users(self._engine, self._keys).by_id(str(user_id))) for user_id in ids]


async def _loans(connection: AsyncConnection, customer_id: str, key: DataKey) -> list[dict[str, Any]]:
    asked = select(loans).where(loans.c.customer_id == known_id(customer_id, UnknownCustomer))
    rows = (await connection.execute(asked.order_by(loans.c.created_at, loans.c.id))).all()
    return [await _loan(connection, row, key) for row in rows]


async def _loan(connection: AsyncConnection, loan: Row[Any], key: DataKey) -> dict[str, Any]:
    told = loan._asdict()
    for name, table in OF_A_LOAN.items():
        asked = select(table).where(table.c.loan_id == loan.id).order_by(*_order(table))
        told[name] = [_opened(table, row, key) for row in await connection.execute(asked)]
    return told


def _order(table: Table) -> tuple[Any, ...]:
    for name in ("sequence", "number"):
        if name in table.c:
            return (table.c[name],)
    return (table.c["at"], *table.primary_key.columns)


def _opened(table: Table, row: Row[Any], key: DataKey) -> dict[str, Any]:
    told = row._asdict()
    if table.name in _SEALED:
        column, name, reading = _SEALED[table.name]
        sealed, (first, *_) = told.pop(column), table.columns  # the first column names the row
        told[name] = reading(key.unseal(f"{table.name}/{told[first.name]}", sealed)) if sealed else None
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in told.items()}
