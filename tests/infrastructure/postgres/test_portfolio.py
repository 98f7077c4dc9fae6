"""A day of all loans: what SQL accrues is what the fold says, once, whatever happens in between."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import PassMilestones
from domain.conventions import DayCount, InterestPeriod, PeriodUnit, ScheduleKind
from domain.ledger import Account
from domain.loan import Loan
from domain.people import ENGINE
from domain.portfolio import Partition
from domain.product import LoanProduct, Servicing
from domain.status import LoanStatus
from domain.terms import Recalculation, Terms
from infrastructure.postgres.portfolio import PostgresPortfolio
from infrastructure.postgres.products import Products
from infrastructure.postgres.views import Views
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, Bank, dollars

WHOLE = Partition(number=0, count=1)
HALVES = (Partition(number=0, count=2), Partition(number=1, count=2))
NIGHT = datetime(2027, 1, 1, tzinfo=UTC)

YEARLY = Terms(currency="USD", installments=12, annual_rate=Decimal("11.9"))
KINDS: dict[str, Terms] = {
    "thirty-360": YEARLY,
    "act-365": replace(YEARLY, day_count=DayCount.ACT_365F, recalculation=Recalculation()),
    "act-act": replace(YEARLY, day_count=DayCount.ACT_ACT),
    "act-360-no-interest-on-overdue": replace(
        YEARLY, day_count=DayCount.ACT_360, recalculation=Recalculation(interest_on_overdue_principal=False)
    ),
    "flat": replace(YEARLY, kind=ScheduleKind.FLAT),
    "principal-fortnightly": replace(YEARLY, kind=ScheduleKind.EQUAL_PRINCIPAL, every=2, unit=PeriodUnit.WEEKS),
    "whole-periods": replace(YEARLY, interest_period=InterestPeriod.SAME_AS_REPAYMENT, partial_periods_by_days=False),
    "bullet-compounding": replace(YEARLY, kind=ScheduleKind.BULLET, compounding=True, day_count=DayCount.ACT_365F),
    "free": replace(YEARLY, annual_rate=Decimal(0)),
}


@pytest.fixture
def portfolio(engine: AsyncEngine) -> PostgresPortfolio:
    return PostgresPortfolio(engine)


async def offer(bank: Bank, code: str, **changes: Any) -> LoanProduct:
    return await Products(bank.engine).create(product(code=code, **changes), NOON)


async def fold_of(bank: Bank, loan_id: str, day: date) -> int:
    loan = await bank.loan(loan_id)
    return loan.position_on(day).totals.interest_accrued


async def booked(bank: Bank, loan_id: str) -> int:
    return (await bank.loan(loan_id)).booked.interest_accrued


async def entries(bank: Bank) -> list[Any]:
    return await bank.rows(
        "SELECT e.effective_date AS day, e.memo, p.amount FROM journal_entries e JOIN postings p ON p.entry_id = e.id"
        " WHERE e.loan_id IS NULL AND p.leg = 1 ORDER BY e.effective_date, e.memo"
    )


async def until(portfolio: PostgresPortfolio, day: date) -> None:
    for open_day in await portfolio.open_days(day):
        await portfolio.accrue(WHOLE, open_day, NIGHT)
        await portfolio.move(WHOLE, open_day, NIGHT)
        await portfolio.close(open_day, NIGHT)


@pytest.fixture
async def random_loans(bank: Bank) -> list[str]:
    """Loans of every kind, some paid on time, some late, some ahead."""
    chance, loans = Random(7), []  # noqa: S311  the same loans every time
    for code, terms in KINDS.items():
        await offer(bank, code, terms=terms)
        for _ in range(12):
            loan_id = await bank.disbursed(product_code=code, amount=dollars(chance.randint(500, 2_000)))
            days = 0
            for _ in range(chance.randint(0, 3)):
                days += chance.randint(1, 40)
                await bank.pay(bank.payment(loan_id, chance.randint(10, 150)), days)
            loans.append(loan_id)
    return loans


async def test_sql_accrues_to_the_cent_what_the_fold_says(
    bank: Bank, portfolio: PostgresPortfolio, random_loans: list[str]
) -> None:
    chance, day = Random(9), date(2026, 1, 20)  # noqa: S311
    while day < date(2027, 3, 1):
        await portfolio.accrue(WHOLE, day, NIGHT)
        for loan_id in random_loans:
            loan = await bank.loan(loan_id)
            assert loan.booked.interest_accrued == loan.position_on(loan.accrued_through).totals.interest_accrued
            assert loan.accrued_through >= day or loan.status is not LoanStatus.ACTIVE
        day += timedelta(chance.randint(3, 40))
    for row in await bank.rows("SELECT id, interest FROM loans_to_date"):
        loan = await bank.loan(str(row.id))
        assert row.interest == loan.position_on(loan.accrued_through).interest


async def test_a_day_is_one_entry_per_product(bank: Bank, portfolio: PostgresPortfolio) -> None:
    await offer(bank, "other")
    for code in ("personal", "personal", "other"):
        await bank.disbursed(product_code=code)
    await portfolio.accrue(WHOLE, date(2026, 1, 16), NIGHT)
    assert [(entry.memo, entry.amount) for entry in await entries(bank)] == [
        ("Accrued on 2026-01-16, other", 39),
        ("Accrued on 2026-01-16, personal", 78),
    ]


async def test_the_same_day_again_accrues_nothing(bank: Bank, portfolio: PostgresPortfolio) -> None:
    await bank.disbursed()
    assert await portfolio.accrue(WHOLE, date(2026, 1, 16), NIGHT) == 1
    assert await portfolio.accrue(WHOLE, date(2026, 1, 16), NIGHT) == 0
    assert len(await entries(bank)) == 1


async def test_days_that_were_missed_are_closed_one_by_one(bank: Bank, portfolio: PostgresPortfolio) -> None:
    loan_id = await bank.disbursed()
    await until(portfolio, date(2026, 1, 16))
    assert await portfolio.open_days(date(2026, 1, 19)) == (date(2026, 1, 17), date(2026, 1, 18), date(2026, 1, 19))
    await until(portfolio, date(2026, 1, 19))
    assert [entry.day.day for entry in await entries(bank)] == [16, 17, 18, 19]
    assert await booked(bank, loan_id) == await fold_of(bank, loan_id, date(2026, 1, 19))


async def test_a_close_that_died_in_the_middle_goes_on_where_it_was(bank: Bank, portfolio: PostgresPortfolio) -> None:
    loans = [await bank.disbursed() for _ in range(6)]
    day = date(2026, 1, 18)
    first = await portfolio.accrue(HALVES[0], day, NIGHT)
    done = [await portfolio.accrue(half, day, NIGHT) for half in HALVES]
    assert done == [0, 6 - first]
    for loan_id in loans:
        assert await booked(bank, loan_id) == await fold_of(bank, loan_id, day)


async def test_a_payment_after_the_close_posts_only_the_rest(bank: Bank, portfolio: PostgresPortfolio) -> None:
    loan_id = await bank.disbursed()
    await portfolio.accrue(WHOLE, date(2026, 2, 1), NIGHT)
    await bank.pay(bank.payment(loan_id), 20)
    own = (await bank.rows("SELECT own_interest, interest_accrued FROM accruals"))[0]
    posted = await bank.rows(
        "SELECT sum(p.amount) AS sum, sum(p.amount) FILTER (WHERE e.loan_id IS NOT NULL) AS own FROM postings p"
        " JOIN journal_entries e ON e.id = p.entry_id WHERE p.account = 'interest_income'"
    )
    assert -posted[0].sum == own.interest_accrued == await fold_of(bank, loan_id, date(2026, 2, 4))
    assert -posted[0].own == own.own_interest < own.interest_accrued


async def test_payments_during_a_close_and_the_close_both_count(bank: Bank, portfolio: PostgresPortfolio) -> None:
    loans = [await bank.disbursed() for _ in range(8)]
    days = [date(2026, 1, 16) + timedelta(n) for n in range(10)]

    async def close() -> None:
        for day in days:
            await portfolio.accrue(WHOLE, day, NIGHT)

    async def pay(loan_id: str) -> None:
        for _ in range(4):
            await bank.pay(bank.payment(loan_id, 10), 5)

    await asyncio.gather(close(), *map(pay, loans))
    for loan_id in loans:
        loan = await bank.loan(loan_id)
        assert loan.booked == loan.position_on(loan.accrued_through).totals
        assert len([t for t in loan.transactions if t.kind == "payment"]) == 4
    control = {row.account: row.balance.minor for row in (await Views(bank.engine).trial_balance())[0].rows}
    sums = (await bank.rows("SELECT sum(principal) AS principal, sum(interest) AS interest FROM loans_to_date"))[0]
    assert control[Account.INTEREST_RECEIVABLE] == sums.interest
    assert control[Account.LOAN_PRINCIPAL] == sums.principal


async def test_a_loan_whose_clock_is_ahead_is_left_alone(bank: Bank, portfolio: PostgresPortfolio) -> None:
    loan_id = await bank.disbursed()
    await bank.pay(bank.payment(loan_id), 60)
    before = await bank.loan(loan_id)
    assert await portfolio.accrue(WHOLE, date(2026, 2, 1), NIGHT) == 0
    assert await portfolio.move(WHOLE, date(2026, 2, 1), NIGHT) == 0
    assert (await bank.loan(loan_id)).booked == before.booked


async def test_a_loan_that_becomes_late_moves_and_says_so_once(bank: Bank, portfolio: PostgresPortfolio) -> None:
    loan_id = await bank.disbursed()
    paid = await bank.disbursed()
    await bank.pay(bank.payment(paid, 120), 10)
    assert await portfolio.move(WHOLE, date(2026, 2, 15), NIGHT) == 0
    assert await portfolio.move(WHOLE, date(2026, 2, 16), NIGHT) == 1
    assert await portfolio.move(WHOLE, date(2026, 2, 16), NIGHT) == 0
    assert await portfolio.moved(date(2026, 2, 16)) == (loan_id,)
    assert (await bank.loan(loan_id)).bucket == "1-29"
    facts = await bank.rows("SELECT details FROM audit WHERE action = 'delinquency_changed'")
    assert [fact.details for fact in facts] == [{"left": "current", "entered": "1-29"}]
    told = await bank.rows("SELECT sequence, data FROM outbox WHERE loan_id = :id ORDER BY sequence", id=UUID(loan_id))
    assert told[-1].data["details"] == {"left": "current", "entered": "1-29"}
    assert [line.sequence for line in told] == list(range(1, len(told) + 1))


async def test_what_the_product_charges_off_is_found_until_somebody_has(
    bank: Bank, portfolio: PostgresPortfolio
) -> None:
    await offer(bank, "strict", servicing=Servicing(charge_off_days=40))
    loan_id = await bank.disbursed(product_code="strict")
    assert await portfolio.lost(WHOLE, date(2026, 3, 26)) == ()
    assert await portfolio.lost(WHOLE, date(2026, 3, 27)) == (loan_id,)
    at = NIGHT.replace(year=2026, month=3, day=28)
    command = PassMilestones(operation_id="close", loan_id=loan_id, actor=ENGINE)
    await bank.books.write(command, at, lambda loan: Loan.pass_milestones(loan, "close", at))
    assert (await bank.loan(loan_id)).status == "charged_off"
    assert await portfolio.lost(WHOLE, date(2026, 3, 28)) == ()


async def test_the_figures_of_a_small_portfolio(bank: Bank, portfolio: PostgresPortfolio) -> None:
    """Three loans of 1,200 on 17 March: one paid its first installment, two none, one of them of another product."""
    await offer(bank, "other")
    good = await bank.disbursed()
    await bank.disbursed()
    await bank.disbursed(product_code="other")
    await bank.pay(bank.payment(good, 107), 31)
    await portfolio.close(date(2026, 3, 17), NIGHT)
    others, personal = await portfolio.figures()
    left = (await bank.loan(good)).position.principal
    assert (personal.product_code, personal.loans, personal.outstanding.minor) == ("personal", 2, 1_200_00 + left)
    assert (personal.par1.minor, personal.par30.minor, personal.par60.minor) == (1_200_00 + left, 1_200_00, 0)
    assert (personal.disbursed.minor, personal.collected.minor, personal.written_off.minor) == (2_400_00, 107_00, 0)
    assert (others.loans, others.outstanding, others.collected.minor) == (1, dollars(1200), 0)


async def test_balances_are_read_from_the_snapshot_and_what_came_after(
    bank: Bank, portfolio: PostgresPortfolio
) -> None:
    loan_id = await bank.disbursed()
    before = await Views(bank.engine).trial_balance()
    await portfolio.close(date(2026, 1, 15), NIGHT)
    assert await Views(bank.engine).trial_balance() == before
    await bank.pay(bank.payment(loan_id, 100), 31)
    cash = {row.account: row.balance for row in (await Views(bank.engine).trial_balance())[0].rows}[Account.CASH]
    assert cash == dollars(100 - 1200)
    assert (await bank.rows("SELECT count(*) AS rows FROM balance_snapshots"))[0].rows > 0


async def test_a_day_has_figures_once(bank: Bank, portfolio: PostgresPortfolio) -> None:
    await bank.disbursed()
    await asyncio.gather(*(portfolio.close(date(2026, 1, 15), NIGHT) for _ in range(3)))
    assert await bank.count("closings") == 1
    assert len(await portfolio.figures(date(2026, 1, 15))) == 1
    assert await portfolio.figures(date(2026, 1, 14)) == ()


async def test_a_day_that_was_missed_has_its_own_figures_when_it_is_closed_later(
    bank: Bank, portfolio: PostgresPortfolio
) -> None:
    """Closed on 17 February: nothing of what was paid out on the 15th, or paid on the 16th, is in the days before."""
    paid = await bank.disbursed()
    await until(portfolio, date(2026, 1, 15))
    second, at = await bank.apply(), NOON + timedelta(days=31)
    for step in (bank.underwrite, bank.accept, bank.settle):
        await step(second, at=at)
    await bank.pay(bank.payment(paid, 107), days=32)
    await until(portfolio, date(2026, 2, 16))
    told = {day: (await portfolio.figures(date(2026, 2, day)))[0] for day in (14, 15, 16)}
    left = (await bank.loan(paid)).position.principal
    assert [told[day].loans for day in told] == [1, 2, 2]
    assert [told[day].outstanding.minor for day in told] == [1_200_00, 2_400_00, 1_200_00 + left]
    assert [told[day].disbursed.minor for day in told] == [0, 1_200_00, 0]
    assert [told[day].collected.minor for day in told] == [0, 0, 107_00]
    assert [told[day].par1.minor for day in told] == [0, 0, 0]  # it was late on the 16th, and had paid by then
    assert (await bank.loan(second)).position.principal == 1_200_00


async def test_an_entry_that_comes_too_late_for_its_day_counts_in_the_next_close_and_once(
    bank: Bank, portfolio: PostgresPortfolio
) -> None:
    loan_id = await bank.disbursed()
    await until(portfolio, date(2026, 2, 20))
    await bank.pay(bank.payment(loan_id, 50, effective_date=date(2026, 2, 10)), days=37)  # entered on the 21st
    await bank.pay(bank.payment(loan_id, 30), days=39)  # of the 23rd, which is closed after the others
    await until(portfolio, date(2026, 2, 24))
    days = [date(2026, 2, day) for day in (10, 21, 22, 23, 24)]
    collected = [(await portfolio.figures(day))[0].collected.minor for day in days if await portfolio.figures(day)]
    assert collected == [50_00, 0, 30_00, 0]


async def test_figures_of_a_missed_day_count_a_loan_that_was_paid_since_as_late_as_it_is_now(
    bank: Bank, portfolio: PostgresPortfolio
) -> None:
    """What the books cannot know without folding every loan: on 20 February it was five days late."""
    loan_id, other = await bank.disbursed(), await bank.disbursed()
    await until(portfolio, date(2026, 2, 19))
    await bank.pay(bank.payment(loan_id, 140), days=37)
    await until(portfolio, date(2026, 2, 20))
    (told,) = await portfolio.figures(date(2026, 2, 20))
    assert (told.outstanding.minor, told.par1.minor) == (2_400_00, (await bank.loan(other)).position.principal)
