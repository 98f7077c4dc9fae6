"""Customers, users and products: what is kept, found and refused."""

from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.product_files import examples
from domain.customer import CustomerDetails
from domain.errors import InvalidValue, UnknownCustomer, UnknownProduct, UnknownUser
from domain.people import Officer, Role
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.products import Products
from infrastructure.postgres.users import Users
from seed import USERS, seed_products, seed_users
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, customer
from tests.keys import data_keys


def customers(engine: AsyncEngine) -> Customers:
    return Customers(engine, data_keys(engine))


def users(engine: AsyncEngine) -> Users:
    return Users(engine, data_keys(engine))


async def test_a_customer_is_read_back_as_registered(engine: AsyncEngine) -> None:
    full = customer(str(uuid4()))
    bare: CustomerDetails = customer(str(uuid4()), email="other@example.org", annual_income=None, bank_account=None)
    for details in (full, bare):
        await customers(engine).create(details, NOON)
        assert await customers(engine).details(details.customer_id) == details
    for nobody in (str(uuid4()), "not-an-id"):
        with pytest.raises(UnknownCustomer):
            await customers(engine).details(nobody)


async def test_who_registers_can_come_in_as_an_applicant(engine: AsyncEngine) -> None:
    details = customer(str(uuid4()))
    user = await customers(engine).register(details, "hash", NOON)
    assert (user.role, user.customer_id) == (Role.APPLICANT, details.customer_id)
    assert await users(engine).by_email("ADA@Example.org") == (user, "hash")
    assert await users(engine).by_id(user.id) == user


async def test_an_address_belongs_to_one_user_whatever_its_letters(engine: AsyncEngine) -> None:
    await customers(engine).register(customer(str(uuid4())), "hash", NOON)
    second = customer(str(uuid4()), email="Ada@example.ORG")
    with pytest.raises(InvalidValue, match="email"):
        await customers(engine).register(second, "hash", NOON)
    with pytest.raises(UnknownCustomer):
        await customers(engine).details(second.customer_id)
    with pytest.raises(InvalidValue, match="email"):
        await users(engine).create(email="ada@example.org", password_hash="h", role=Role.ADMIN, at=NOON)


async def test_only_an_officer_is_an_officer(engine: AsyncEngine) -> None:
    people = users(engine)
    officer = await people.create(email="o@example.org", password_hash="h", role=Role.OFFICER, level=2, at=NOON)
    operator = await people.create(email="p@example.org", password_hash="h", role=Role.OPERATOR, at=NOON)
    assert await people.officer(officer.id, NOON) == Officer(id=officer.id, level=2, customer_id=None)
    for nobody in (operator.id, str(uuid4()), "engine"):
        with pytest.raises(UnknownUser):
            await people.officer(nobody, NOON)
    assert await people.by_email("nobody@example.org") is None


async def test_products_come_in_versions(engine: AsyncEngine) -> None:
    products = Products(engine)
    first = await products.create(product(version=7), NOON)
    assert first.version == 1
    with pytest.raises(InvalidValue, match="code"):
        await products.create(product(), NOON)
    second = await products.add_version(product(name="Better"), NOON)
    assert (second.version, second.name) == (2, "Better")
    assert await products.newest("personal") == second
    await products.retire("personal", 2)
    assert await products.newest("personal") == first
    await products.retire("personal", 1)
    assert await products.offered() == ()
    assert [row.retired for row in (await products.page()).items] == [True, True]


async def test_an_unknown_product_is_named(engine: AsyncEngine) -> None:
    products = Products(engine)
    for asking in (products.newest("none"), products.add_version(product(), NOON), products.retire("none", 1)):
        with pytest.raises(UnknownProduct):
            await asking


async def test_the_seed_can_be_sown_twice(engine: AsyncEngine) -> None:
    products, people = Products(engine), users(engine)
    for _ in range(2):
        await seed_products(products, examples(), NOON)
        await seed_users(people, "a development password", NOON)
    assert set(await products.offered()) == set(examples())
    first = await people.page(limit=2)
    rest = await people.page(after=first.next)
    assert {user.email for user in (*first.items, *rest.items)} == {user.email for user in USERS}
