"""What the lender's own records say of an application, as of its moment."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import UnknownLoan
from domain.signals import Signals
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.signals import PostgresSignals
from tests.infrastructure.postgres.conftest import NOON, Bank, customer
from tests.keys import data_keys

ONCE = Signals(
    applications_1_day=1, applications_30_days=1, account_applications_1_day=1, account_applications_30_days=1
)


@pytest.fixture
def signals(engine: AsyncEngine) -> PostgresSignals:
    return PostgresSignals(engine, data_keys(engine))


async def _customer(engine: AsyncEngine, account: str | None, **changes: Any) -> str:
    customer_id = str(uuid4())
    details = customer(customer_id, bank_account=account, email=f"{customer_id}@example.org", **changes)
    await Customers(engine, data_keys(engine)).create(details, NOON)
    return customer_id


async def _apply(bank: Bank, customer_id: str, days: float = 0, device: str | None = None) -> str:
    application = replace(bank.application(), customer_id=customer_id, device=device)
    await bank.open(application, at=NOON + timedelta(days=days))
    return application.loan_id


async def test_a_first_application_counts_itself(bank: Bank, engine: AsyncEngine, signals: PostgresSignals) -> None:
    assert await signals.of(await _apply(bank, await _customer(engine, "US-77"))) == ONCE


async def test_applications_are_counted_to_their_moment(
    bank: Bank, engine: AsyncEngine, signals: PostgresSignals
) -> None:
    often = await _customer(engine, "US-78")
    ids = [await _apply(bank, often, days) for days in (0, 25, 31, 31.5)]
    counted = [await signals.of(loan_id) for loan_id in ids]
    assert [(one.applications_1_day, one.applications_30_days) for one in counted] == [(1, 1), (1, 2), (1, 2), (2, 3)]


async def test_an_account_is_the_same_however_it_is_written(
    bank: Bank, engine: AsyncEngine, signals: PostgresSignals
) -> None:
    first, second, other = [await _customer(engine, account) for account in ("GB12 3456", "gb123456", "GB99")]
    await _apply(bank, first)
    shared = await signals.of(await _apply(bank, second, days=2))
    assert (shared.customers_with_account, shared.account_applications_30_days) == (1, 2)
    assert (shared.account_applications_1_day, shared.applications_30_days) == (1, 1)
    assert (await signals.of(await _apply(bank, other))).customers_with_account == 0


async def test_nobody_shares_an_account_that_nobody_has(
    bank: Bank, engine: AsyncEngine, signals: PostgresSignals
) -> None:
    for _ in range(2):
        counted = await signals.of(await _apply(bank, await _customer(engine, None)))
        assert (counted.customers_with_account, counted.account_applications_30_days) == (0, 0)


async def test_a_device_is_known_again_by_its_digest(bank: Bank, engine: AsyncEngine, signals: PostgresSignals) -> None:
    phone = await signals.device("a phone, 0815")
    assert (phone, len(phone)) == (await signals.device("a phone, 0815"), 64)
    first, second = await _customer(engine, "US-80"), await _customer(engine, "US-81")
    alone = await signals.of(await _apply(bank, first, device=phone))
    assert (alone.customers_with_device, alone.device_applications_1_day) == (0, 1)
    shared = await signals.of(await _apply(bank, second, days=3, device=phone))
    assert (shared.customers_with_device, shared.device_applications_1_day) == (1, 1)
    assert shared.device_applications_30_days == 2


async def test_exposure_is_what_the_customer_owes_on_other_loans(bank: Bank, signals: PostgresSignals) -> None:
    await bank.disbursed()
    (row,) = await bank.rows("SELECT outstanding FROM loans")
    counted = await signals.of(await bank.apply())
    assert counted.exposure == row.outstanding > 0


async def test_signals_of_an_unknown_loan_are_refused(signals: PostgresSignals) -> None:
    with pytest.raises(UnknownLoan):
        await signals.of(str(uuid4()))
