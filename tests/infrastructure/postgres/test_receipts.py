"""Money that names no loan: parked, then matched or returned, once, and counted once."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import MakePayment, ParkReceipt, ReturnReceipt
from domain.errors import (
    AlreadyResolved,
    CurrencyMismatch,
    InvalidValue,
    NotAllowedNow,
    OperationReused,
    UnknownReceipt,
)
from domain.money import Money
from domain.receipts import Resolution
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.receipts import ReceiptRow, Receipts
from tests.infrastructure.postgres.conftest import NOON, Bank, dollars

LATER = NOON + timedelta(days=10)


@pytest.fixture
def receipts(engine: AsyncEngine, bank: Bank) -> Receipts:
    return Receipts(engine)


def park(**changes: Any) -> ParkReceipt:
    plain: dict[str, Any] = {
        "operation_id": str(uuid4()),
        "actor": "operator",
        "receipt_id": str(uuid4()),
        "amount": dollars(40),
        "received_on": date(2026, 1, 15),
        "reference": "statement 1, line 4",
    }
    return ParkReceipt(**plain | changes)


def back(receipt: ReceiptRow, **changes: Any) -> ReturnReceipt:
    plain = {"operation_id": str(uuid4()), "actor": "operator", "receipt_id": receipt.id, "reason": "not ours"}
    return ReturnReceipt(**plain | changes)


def payment_with(receipt: ReceiptRow, bank: Bank, loan_id: str, **changes: Any) -> MakePayment:
    plain: dict[str, Any] = {"effective_date": receipt.received_on, "receipt_id": receipt.id}
    return replace(bank.payment(loan_id, 40), **plain | changes)


async def match(bank: Bank, payment: MakePayment) -> None:
    await bank.books.write(payment, LATER, lambda loan: loan.pay(payment, LATER))


async def balances(bank: Bank) -> Mapping[str, int]:
    rows = await bank.rows("SELECT account, sum(amount) AS total FROM postings GROUP BY account")
    return {row.account: int(row.total) for row in rows if row.total}


async def test_parked_money_is_cash_that_is_owed_to_somebody(bank: Bank, receipts: Receipts) -> None:
    receipt = await receipts.park(park(), NOON)
    assert (receipt.amount, receipt.resolution) == (dollars(40), None)
    assert await balances(bank) == {"cash": 40_00, "unidentified_receipts": -40_00}
    assert (await receipts.page(parked=True)).items == (receipt,)
    (line,) = await bank.rows("SELECT * FROM audit WHERE loan_id IS NULL")
    assert (line.action, line.details["receipt"]) == ("receipt_parked", receipt.id)


async def test_the_same_parking_again_is_the_same_receipt(bank: Bank, receipts: Receipts) -> None:
    command = park()
    first = await receipts.park(command, NOON)
    assert await receipts.park(command, LATER) == first
    assert await balances(bank) == {"cash": 40_00, "unidentified_receipts": -40_00}
    with pytest.raises(OperationReused):
        await receipts.park(park(operation_id=command.operation_id, amount=dollars(41)), NOON)


async def test_matched_money_pays_the_loan_from_its_day_and_is_counted_once(
    bank: Bank, receipts: Receipts, engine: AsyncEngine
) -> None:
    receipt = await receipts.park(park(), NOON)
    loan_id = await bank.disbursed()
    before = await balances(bank)
    payment = payment_with(receipt, bank, loan_id)
    await match(bank, payment)
    await match(bank, payment)  # again: nothing
    after = await balances(bank)
    assert after["cash"] == before["cash"]
    assert "unidentified_receipts" not in after
    (paid,) = await bank.rows("SELECT * FROM transactions WHERE kind = 'payment'")
    assert (paid.amount, paid.effective_date) == (40_00, receipt.received_on)
    found = await receipts.receipt(receipt.id)
    assert (found.resolution, found.loan_id) == (Resolution.MATCHED, loan_id)
    assert (await audit(engine)).clean


async def test_returned_money_leaves_the_books_as_they_were(bank: Bank, receipts: Receipts) -> None:
    receipt = await receipts.park(park(), NOON)
    returned = await receipts.give_back(back(receipt), LATER)
    assert (returned.resolution, returned.reason) == (Resolution.RETURNED, "not ours")
    assert await balances(bank) == {}
    assert (await receipts.page(parked=True)).items == ()


async def test_a_receipt_is_resolved_once(bank: Bank, receipts: Receipts) -> None:
    receipt, loan_id = await receipts.park(park(), NOON), await bank.disbursed()
    await match(bank, payment_with(receipt, bank, loan_id))
    before = await balances(bank)
    with pytest.raises(AlreadyResolved):
        await match(bank, payment_with(receipt, bank, loan_id))
    with pytest.raises(AlreadyResolved):
        await receipts.give_back(back(receipt), LATER)
    assert await balances(bank) == before
    refusals = await bank.rows("SELECT reason, loan_id FROM audit WHERE action = 'refused' ORDER BY loan_id")
    assert [(row.reason.split(":")[0], row.loan_id is None) for row in refusals] == [
        ("AlreadyResolved", False),
        ("AlreadyResolved", True),
    ]


async def test_of_many_who_want_the_same_receipt_at_once_one_gets_it(
    bank: Bank, receipts: Receipts, engine: AsyncEngine
) -> None:
    receipt = await receipts.park(park(), NOON)
    loans = [await bank.disbursed() for _ in range(3)]
    wishes = [match(bank, payment_with(receipt, bank, loan_id)) for loan_id in loans * 2]
    answers = await asyncio.gather(*wishes, receipts.give_back(back(receipt), LATER), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert {type(refusal) for refusal in refused} == {AlreadyResolved}
    assert len(answers) - len(refused) == 1
    assert "unidentified_receipts" not in await balances(bank)
    assert (await audit(engine)).clean


async def test_a_match_that_is_refused_leaves_the_money_parked(bank: Bank, receipts: Receipts) -> None:
    early = await receipts.park(park(received_on=date(2026, 1, 14)), NOON)
    with pytest.raises(InvalidValue, match="before the loan was disbursed"):
        await match(bank, payment_with(early, bank, await bank.disbursed()))
    with pytest.raises(NotAllowedNow):
        await match(bank, payment_with(early, bank, await bank.apply()))
    receipt = await receipts.park(park(), NOON)
    for other in ({"amount": dollars(41)}, {"effective_date": date(2026, 1, 16)}, {"receipt_id": str(uuid4())}):
        with pytest.raises((InvalidValue, UnknownReceipt)):
            await match(bank, payment_with(receipt, bank, await bank.disbursed(), **other))
    assert len((await receipts.page(parked=True)).items) == 2
    assert (await balances(bank))["unidentified_receipts"] == -80_00


async def test_money_comes_on_the_day_that_it_is_where_it_comes_in(bank: Bank, receipts: Receipts) -> None:
    tomorrow = NOON.date() + timedelta(days=1)  # noon of UTC is the next morning in the far east
    receipt = await receipts.park(park(received_on=tomorrow), NOON)
    await receipts.give_back(back(receipt), NOON)
    entries = await bank.rows("SELECT effective_date FROM journal_entries")
    assert {row.effective_date for row in entries} == {tomorrow}
    assert (await audit(bank.engine, most_refolded=None)).clean


async def test_what_cannot_be_parked_is_refused_by_name(bank: Bank, receipts: Receipts) -> None:
    with pytest.raises(InvalidValue, match="future"):
        await receipts.park(park(received_on=date(2026, 1, 17)), NOON)
    with pytest.raises(CurrencyMismatch):
        await receipts.park(park(amount=Money(1, "KWD")), NOON)
    for nobody in (str(uuid4()), "not-an-id"):
        with pytest.raises(UnknownReceipt):
            await receipts.receipt(nobody)
    assert await bank.count("unidentified_receipts") == await bank.count("operations") == 0
    assert {row.action for row in await bank.rows("SELECT action FROM audit")} == {"refused"}
