"""The audit finds a fault of every kind, and nothing in books that are whole."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import ClosePeriod, ParkReceipt, ReturnReceipt, ReverseTransaction
from domain.errors import NotAllowedNow
from infrastructure.postgres.audit import crew
from infrastructure.postgres.audit.guards import TRIGGERS
from infrastructure.postgres.audit.report import Report, audit
from infrastructure.postgres.ledger import Ledger
from tests.infrastructure.postgres.conftest import NOON, Bank, Plant, dollars
from tests.infrastructure.postgres.faults import FAULTS, aimed


@pytest.fixture
async def books(bank: Bank) -> Bank:
    """A loan that was paid, overpaid into credit by reversal and late, one that is new, one that is refused things."""
    loan_id = await bank.disbursed()
    receipt = (await bank.pay(bank.payment(loan_id, 150), days=20)).receipt
    assert receipt
    await bank.pay(bank.payment(loan_id, 90), days=75)
    undo = ReverseTransaction(
        operation_id=bank.key(), loan_id=loan_id, actor="operator", transaction=receipt.transaction, reason="returned"
    )
    await bank.books.write(undo, NOON, lambda loan: loan.reverse(undo, NOON))
    with pytest.raises(NotAllowedNow):
        await bank.pay(bank.payment(await bank.apply()))
    await bank.disbursed()
    return bank


@pytest.fixture
async def ledger(engine: AsyncEngine, books: Bank) -> Ledger:
    """Two receipts, one of them returned, and a period that is closed."""
    ledger = Ledger(engine)
    for _ in range(2):
        await ledger.receipts.park(parked(), NOON)
    (first, _) = (await ledger.receipts.page()).items
    back = ReturnReceipt(operation_id=str(uuid4()), actor="operator", receipt_id=first.id, reason="not ours")
    await ledger.receipts.give_back(back, NOON)
    close = ClosePeriod(operation_id="close", actor="admin", through=date(2025, 12, 31), reason="reported")
    await ledger.periods.close(close, NOON)
    return ledger


def parked() -> ParkReceipt:
    return ParkReceipt(
        operation_id=str(uuid4()),
        actor="operator",
        receipt_id=str(uuid4()),
        amount=dollars(40),
        received_on=date(2026, 1, 14),
        reference="statement 1, line 4",
    )


def found(report: Report) -> dict[str, list[str]]:
    """By check: what is said of each row that breaks its promise."""
    return {a.name: [f"{f.place} {f.says}" for f in a.findings] for a in report.answers if a.count}


async def test_books_that_are_whole_are_clean(ledger: Ledger) -> None:
    report = await ledger.audit()
    assert found(report) == {}
    assert (report.clean, report.loans, report.refolded) == (True, 3, 3)
    assert report.entries > 5


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_found_and_named(ledger: Ledger, plant: Plant, fault: str) -> None:
    sql, checks = FAULTS[fault]
    plant(sql)
    report = await ledger.audit()
    assert checks <= set(found(report)), found(report)
    assert not report.clean


async def test_a_fault_is_named_with_its_row_and_what_is_wrong(ledger: Ledger, books: Bank, plant: Plant) -> None:
    plant("UPDATE installments SET interest = interest + 1 WHERE number = 2 AND loan_id = $loan")
    ((said,),) = found(await ledger.audit()).values()
    (row,) = await books.rows(aimed("SELECT loan_id, interest FROM installments WHERE number = 2 AND loan_id = $loan"))
    assert said == (
        f"installment 2 of loan {row.loan_id} interest is {row.interest}, the transactions make it {row.interest - 1}"
    )


async def test_a_sample_is_smaller_and_the_rest_is_looked_at_all_the_same(
    ledger: Ledger, engine: AsyncEngine, plant: Plant
) -> None:
    plant("UPDATE loans SET fees = 5")
    report = await audit(engine, most_refolded=1)
    assert (report.refolded, report.loans) == (1, 3)
    assert next(answer.count for answer in report.answers if answer.name == "balances-follow-flows") == 3


async def test_several_processes_look_at_one_snapshot_and_find_what_one_would(
    ledger: Ledger, engine: AsyncEngine, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "WORTH_A_CREW", 1)
    async with engine.connect() as connection:
        await connection.execute(crew.READ_ONLY)
        await connection.execute(text("SELECT FROM loans"))
        plant("UPDATE installments SET interest = interest + 1 WHERE number = 2 AND loan_id = $loan")
        answer, looked_at = await crew.refold(connection, None, processes=2)
    assert (answer.count, looked_at) == (0, 3)
    report = await audit(engine, processes=2)
    assert report.refolded == 3
    assert found(report) == found(await audit(engine)) != {}


async def test_the_audit_knows_every_trigger(bank: Bank) -> None:
    asked = """SELECT tgrelid::regclass::text AS place, tgname AS name FROM pg_trigger WHERE NOT tgisinternal"""
    assert {(row.place, row.name) for row in await bank.rows(asked)} == set(TRIGGERS)
