"""The close of business charges penalty interest as the fold does: to the cent, once, and with the interest."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import ChargeOff, ReverseTransaction, Waive
from domain.conventions import DayCount, PeriodUnit, ScheduleKind
from domain.product import Servicing
from domain.terms import PenaltyInterest, Recalculation, Terms
from domain.transaction import Component
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.portfolio import PostgresPortfolio
from infrastructure.postgres.products import Products
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, Bank, dollars
from tests.infrastructure.postgres.test_portfolio import HALVES, NIGHT, WHOLE

# 1,200.00 in twelve parts without interest: 100.00 is due on the 15th of each month from February on.
TEN_PERCENT = Terms(
    currency="USD",
    installments=12,
    annual_rate=Decimal(0),
    kind=ScheduleKind.EQUAL_PRINCIPAL,
    day_count=DayCount.ACT_365F,
    penalty_interest=PenaltyInterest(annual_rate=Decimal(10)),
)
WITH_INTEREST = replace(TEN_PERCENT, annual_rate=Decimal("11.9"), kind=ScheduleKind.EQUAL_INSTALLMENTS)
KINDS = {
    "plain": TEN_PERCENT,
    "recalculated": replace(WITH_INTEREST, recalculation=Recalculation()),
    "grace": replace(
        WITH_INTEREST,
        day_count=DayCount.THIRTY_360,
        penalty_interest=PenaltyInterest(annual_rate=Decimal("7.25"), grace_days=4),
    ),
    "by-year": replace(WITH_INTEREST, day_count=DayCount.ACT_ACT, kind=ScheduleKind.FLAT),
    "fortnightly": replace(WITH_INTEREST, kind=ScheduleKind.EQUAL_PRINCIPAL, every=2, unit=PeriodUnit.WEEKS),
    "compounding": replace(WITH_INTEREST, kind=ScheduleKind.BULLET, compounding=True),
    "none": replace(WITH_INTEREST, penalty_interest=None),
}


@pytest.fixture
def portfolio(engine: AsyncEngine) -> PostgresPortfolio:
    return PostgresPortfolio(engine)


async def lend(bank: Bank, terms: Terms = TEN_PERCENT, code: str = "late", amount: int = 1_200) -> str:
    """No late fee beside it, and no charge-off."""
    await Products(bank.engine).create(product(code=code, terms=terms, servicing=Servicing()), NOON)
    return await bank.disbursed(product_code=code, amount=dollars(amount))


async def accrue(portfolio: PostgresPortfolio, *days: str) -> None:
    for day in days:
        await portfolio.accrue(WHOLE, date.fromisoformat(day), NIGHT)


async def legs(bank: Bank) -> list[Any]:
    return await bank.rows(
        "SELECT e.memo, p.leg, p.account, p.amount FROM journal_entries e JOIN postings p ON p.entry_id = e.id"
        " WHERE e.loan_id IS NULL ORDER BY e.id, p.leg"
    )


async def agrees(bank: Bank, loan_id: str, through: date) -> None:
    loan = await bank.loan(loan_id)
    assert loan.accrued_through == through
    assert loan.booked == loan.position_on(through).totals


async def test_sql_charges_to_the_cent_what_the_fold_says(
    bank: Bank, portfolio: PostgresPortfolio, engine: AsyncEngine
) -> None:
    """Loans of every kind, some never paid, over a year of days of which many were missed."""
    chance, loans = Random(5), []  # noqa: S311  the same loans every time
    for code, terms in KINDS.items():
        loan_id = await lend(bank, terms, code, chance.randint(500, 2_000))
        loans += [loan_id, await bank.disbursed(product_code=code, amount=dollars(chance.randint(500, 2_000)))]
        await bank.pay(bank.payment(loan_id, chance.randint(10, 150)), days=chance.randint(20, 60))
    day = date(2026, 3, 20)
    while day < date(2027, 3, 1):
        await portfolio.accrue(WHOLE, day, NIGHT)
        for loan_id in loans:
            await agrees(bank, loan_id, day)
        day += timedelta(chance.choice([1, 1, 2, 9, 40]))
    assert (await bank.rows("SELECT count(*) AS some FROM accruals WHERE penalties_charged > 0"))[0].some == 12
    assert (await audit(engine)).clean


async def test_interest_and_penalties_of_a_day_are_one_entry(bank: Bank, portfolio: PostgresPortfolio) -> None:
    """100.00 x 10% x 30/365 = 0.82, and x 2/365 = 0.05 of the second installment: two loans, 1.74."""
    await lend(bank)
    await bank.disbursed(product_code="late")
    await accrue(portfolio, "2026-02-15")
    assert await legs(bank) == []
    await accrue(portfolio, "2026-03-17")
    assert [(leg.leg, leg.account, leg.amount) for leg in await legs(bank)] == [
        (3, "penalties_receivable", 1_74),
        (4, "penalty_income", -1_74),
    ]
    await lend(bank, WITH_INTEREST, code="both")
    await accrue(portfolio, "2026-03-18")
    memo = "Accrued on 2026-03-18, both"
    both = [(leg.leg, leg.account) for leg in await legs(bank) if leg.memo == memo]
    assert both == [
        (1, "interest_receivable"),
        (2, "interest_income"),
        (3, "penalties_receivable"),
        (4, "penalty_income"),
    ]


async def test_the_same_day_again_charges_nothing_and_a_close_that_died_goes_on(
    bank: Bank, portfolio: PostgresPortfolio
) -> None:
    loans = [await lend(bank), *[await bank.disbursed(product_code="late") for _ in range(5)]]
    day = date(2026, 2, 25)
    await portfolio.accrue(HALVES[0], day, NIGHT)
    for half in (*HALVES, *HALVES):
        await portfolio.accrue(half, day, NIGHT)
    for loan_id in loans:
        await agrees(bank, loan_id, day)
    assert sum(leg.amount for leg in await legs(bank) if leg.leg == 3) == 6 * 27


async def test_a_loan_that_nobody_touches_becomes_late_by_silence(bank: Bank, portfolio: PostgresPortfolio) -> None:
    """So does its second installment: on 25 March the first has borne 38 days, 1.04, the second ten, 0.27."""
    loan_id = await lend(bank)
    charged = []
    for day in ("2026-02-15", "2026-02-16", "2026-02-25", "2026-03-15", "2026-03-25"):
        await accrue(portfolio, day)
        charged.append((await bank.loan(loan_id)).booked.penalties_charged)
    assert charged == [0, 3, 27, 77, 1_04 + 27]


async def test_a_late_payment_after_the_close_posts_only_the_rest(
    bank: Bank, portfolio: PostgresPortfolio, engine: AsyncEngine
) -> None:
    loan_id = await lend(bank)
    await accrue(portfolio, "2026-02-25")
    receipt = (await bank.pay(bank.payment(loan_id, 100), days=45)).receipt  # 1 March: 14 days, 0.38
    assert receipt
    assert (receipt.penalties.minor, receipt.principal.minor) == (38, 99_62)
    (row,) = await bank.rows("SELECT penalties_charged, own_penalties FROM accruals")
    assert (row.penalties_charged, row.own_penalties) == (38, 38 - 27)
    assert (await audit(engine)).clean


async def test_what_should_not_have_been_charged_is_taken_back_and_brought_back(
    bank: Bank, portfolio: PostgresPortfolio, engine: AsyncEngine
) -> None:
    loan_id, at = await lend(bank), datetime(2026, 3, 17, 12, tzinfo=UTC)
    await accrue(portfolio, "2026-03-16")
    found = bank.payment(loan_id, 200, effective_date=date(2026, 2, 15))
    receipt = (await bank.books.write(found, at, lambda loan: loan.pay(found, at))).receipt
    assert receipt
    assert (await bank.loan(loan_id)).booked.penalties_charged == 0
    undo = ReverseTransaction(
        operation_id=bank.key(), loan_id=loan_id, actor="operator", transaction=receipt.transaction, reason="returned"
    )
    await bank.books.write(undo, at, lambda loan: loan.reverse(undo, at))
    assert (await bank.loan(loan_id)).booked.penalties_charged == 82 + 5
    await accrue(portfolio, "2026-03-20")
    await agrees(bank, loan_id, date(2026, 3, 20))
    assert (await audit(engine)).clean


async def test_what_is_waived_or_lost_is_no_business_of_the_next_close(
    bank: Bank, portfolio: PostgresPortfolio, engine: AsyncEngine
) -> None:
    waived, lost, at = await lend(bank), await bank.disbursed(product_code="late"), datetime(2026, 3, 17, tzinfo=UTC)
    await accrue(portfolio, "2026-03-16")
    waive = Waive(
        operation_id=bank.key(),
        loan_id=waived,
        actor="officer",
        component=Component.PENALTY,
        amount=replace(dollars(1), minor=50),
        reason="goodwill",
    )
    await bank.books.write(waive, at, lambda loan: loan.waive(waive, at))
    off = ChargeOff(operation_id=bank.key(), loan_id=lost, actor="officer", reason="gone")
    await bank.books.write(off, at, lambda loan: loan.charge_off(off, at))
    await accrue(portfolio, "2026-04-20")
    standing, gone = (await bank.loan(waived)).booked, (await bank.loan(lost)).booked
    assert (standing.penalties_waived, standing.penalties_charged) == (50, 1_75 + 99 + 14)
    assert (gone.penalties_charged, gone.penalties_charged_off) == (87, 87)
    assert (await audit(engine)).clean
