"""Customers: the only table with personal data."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.customer import CustomerDetails
from domain.errors import InvalidValue, UnknownCustomer
from domain.money import Money
from domain.people import Role
from infrastructure.postgres.engine import duplicates_refused, read, write
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.tables import customers
from infrastructure.postgres.users import User, add_user


class Customers:
    """Implements `domain.ports.CustomerDirectory`, too."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def create(self, details: CustomerDetails, at: datetime) -> None:
        await write(self._engine, lambda connection: _add(connection, details, at))

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

        async def both(connection: AsyncConnection) -> None:
            await _add(connection, details, at)
            await add_user(connection, user, password_hash)

        await write(self._engine, both)
        return user

    async def details(self, customer_id: str) -> CustomerDetails:
        asked = select(customers).where(customers.c.id == known_id(customer_id, UnknownCustomer))
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownCustomer(f"there is no customer {customer_id}")
        return _details(row)


async def _add(connection: AsyncConnection, details: CustomerDetails, at: datetime) -> None:
    income = details.annual_income
    with duplicates_refused("customer_id", "is in use"):
        await connection.execute(
            insert(customers).values(
                id=_new_id(details),
                given_name=details.given_name,
                family_name=details.family_name,
                date_of_birth=details.date_of_birth,
                country=details.country,
                email=details.email,
                annual_income=income.minor if income else None,
                income_currency=income.currency if income else None,
                bank_account=details.bank_account,
                created_at=at,
            )
        )


def _new_id(details: CustomerDetails) -> UUID:
    try:
        return UUID(details.customer_id)
    except ValueError:
        raise InvalidValue("customer_id", "is not a UUID") from None


def _details(row: Row[Any]) -> CustomerDetails:
    income = None if row.annual_income is None else Money(row.annual_income, row.income_currency)
    return CustomerDetails(
        customer_id=str(row.id),
        given_name=row.given_name,
        family_name=row.family_name,
        date_of_birth=row.date_of_birth,
        country=row.country,
        email=row.email,
        annual_income=income,
        bank_account=row.bank_account,
    )
