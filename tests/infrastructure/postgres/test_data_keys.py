"""What is personal lies in Postgres sealed, found by an index, and the provider is asked for a key once."""

from base64 import b64encode
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import InvalidValue
from domain.evidence import BureauReport
from domain.money import Money
from domain.people import Role
from infrastructure.keys.local import LocalKeys
from infrastructure.keys.provider import KeysRefused, WrappedKey
from infrastructure.keys.sealing import NotSealedHere, new_secret
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.event_endpoints import AddEndpoint, Endpoints
from infrastructure.postgres.evidence import PostgresEvidence
from infrastructure.postgres.tables import metadata
from infrastructure.postgres.users import Users
from tests.infrastructure.postgres.conftest import NOON, Bank, customer
from tests.keys import data_keys

PERSONAL = ("Augusta-Ada", "Lovelace-Byron", "ada.lovelace@example.org", "GB-00987654321", "9012345", "report-of-ada")


class CountingKeys(LocalKeys):
    def __init__(self) -> None:
        super().__init__({"first": new_secret()})
        self.wrapped = self.unwrapped = 0

    async def wrap(self, secret: bytes, owner: str) -> WrappedKey:
        self.wrapped += 1
        return await super().wrap(secret, owner)

    async def unwrap(self, key: WrappedKey, owner: str) -> bytes:
        self.unwrapped += 1
        return await super().unwrap(key, owner)


async def everything(engine: AsyncEngine) -> str:
    """All rows of all tables, as text; bytes as hexadecimal digits."""
    told: list[str] = []
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.execute(text(f"SELECT row_to_json(t)::text FROM {table.name} t"))  # noqa: S608
            told += rows.scalars()
    return "\n".join(told)


def forms(value: str) -> tuple[str, ...]:
    """In which somebody might find it."""
    return value.lower(), value.encode().hex(), b64encode(value.encode()).decode().rstrip("=").lower()


async def test_nothing_personal_lies_open_in_any_table(bank: Bank, owner: AsyncEngine) -> None:
    keys, loan_id = data_keys(bank.engine), await bank.apply()
    details = customer(
        str(uuid4()),
        given_name="Augusta-Ada",
        family_name="Lovelace-Byron",
        email="ada.lovelace@example.org",
        annual_income=Money(90123_45, "USD"),
        bank_account="GB-00987654321",
    )
    await Customers(bank.engine, keys).register(details, "hash", NOON)
    staff = await Users(bank.engine, keys).create(
        email="grace.hopper@lender.example", password_hash="h", role=Role.ADMIN, at=NOON
    )
    report = BureauReport(reference="report-of-ada", score=711, currency="USD", monthly_obligations=12345)
    await PostgresEvidence(bank.engine, keys).keep(
        key="a", loan_id=loan_id, customer_id=bank.customer_id, report=report
    )
    add = AddEndpoint(
        operation_id="o", actor=staff.id, endpoint_id=str(uuid4()), url="https://hear.example", event_types=()
    )
    secret = await Endpoints(bank.engine, keys).add(add, NOON)
    assert secret
    dump = (await everything(owner)).lower()
    assert details.customer_id in dump
    found = [value for value in (*PERSONAL, "grace.hopper", secret) if any(form in dump for form in forms(value))]
    assert found == []
    assert await PostgresEvidence(bank.engine, keys).report(key="a") == report
    assert (await Endpoints(bank.engine, keys).endpoint(add.endpoint_id, NOON)).secrets == (secret,)


async def test_the_provider_is_asked_for_a_customers_key_once(engine: AsyncEngine) -> None:
    provider = CountingKeys()
    details = customer(str(uuid4()))
    await Customers(engine, DataKeys(engine, provider)).register(details, "hash", NOON)
    wrapped = provider.wrapped
    keys = DataKeys(engine, provider)  # another process
    provider.unwrapped = 0
    for _ in range(3):
        assert await Users(engine, keys).by_email(details.email)
        assert await Customers(engine, keys).details(details.customer_id) == details
    assert (provider.wrapped, provider.unwrapped) == (wrapped, 2)  # the customer's, and the index's


async def test_whoever_registers_second_leaves_no_key_behind(engine: AsyncEngine) -> None:
    keys, details = data_keys(engine), customer(str(uuid4()))
    customers = Customers(engine, keys)
    await customers.register(details, "hash", NOON)
    with pytest.raises(InvalidValue, match="in use"):
        await customers.register(details, "hash", NOON)
    assert await customers.details(details.customer_id) == details
    assert await Customers(engine, data_keys(engine)).details(details.customer_id) == details


async def test_one_customers_data_do_not_open_as_anothers(engine: AsyncEngine, owner: AsyncEngine) -> None:
    keys, ada, bob = data_keys(engine), customer(str(uuid4())), customer(str(uuid4()), email="bob@example.org")
    for details in (ada, bob):
        await Customers(engine, keys).create(details, NOON)
    await _swap(owner, "customers", "sealed", "id")
    with pytest.raises(NotSealedHere):
        await Customers(engine, keys).details(ada.customer_id)
    await _swap(owner, "customer_keys", "wrapped", "customer_id")
    with pytest.raises(KeysRefused):
        await Customers(engine, data_keys(engine)).details(ada.customer_id)


async def test_two_processes_that_begin_at_once_share_the_keys_of_the_house(engine: AsyncEngine) -> None:
    provider = LocalKeys({"first": new_secret()})
    one, other = DataKeys(engine, provider), DataKeys(engine, provider)
    assert (await one.house("email-index")).secret == (await other.house("email-index")).secret


async def _swap(owner: AsyncEngine, table: str, column: str, key: str) -> None:
    """As a thief would who may write, but has no key: the two rows exchange what they hold."""
    swapped = f"UPDATE {table} t SET {column} = o.{column} FROM {table} o WHERE t.{key} <> o.{key}"  # noqa: S608
    async with owner.begin() as connection:
        await connection.execute(text(swapped))
