"""A loan at hand is written without being read; whatever others did meanwhile, nothing rests on what is no more."""

from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import (
    AddCharge,
    ChargeOff,
    Command,
    MakePayment,
    PassMilestones,
    RefundCredit,
    ReverseTransaction,
    Waive,
    WithdrawFromCredit,
)
from domain.conventions import Roll
from domain.errors import DomainError, InvalidValue, NotAllowedNow, OperationReused
from domain.loan import Loan
from domain.money import Money
from domain.position import Installment
from domain.status import LoanStatus
from domain.transaction import Component
from domain.views import Receipt
from infrastructure.postgres.at_hand import AtHand
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.portfolio import PostgresPortfolio
from infrastructure.postgres.products import Products
from infrastructure.postgres.seen import Seen
from tests.domain.lives import applied
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, Bank, Plant, connected
from tests.infrastructure.postgres.test_penalty_interest import TEN_PERCENT
from tests.infrastructure.postgres.test_portfolio import WHOLE
from tests.servers import Database

AT = NOON + timedelta(days=31)
WRITTEN = "loans accruals installments transactions operations journal_entries postings audit outbox".split()
AS_THEY_WERE = "OVERRIDING SYSTEM VALUE SELECT * FROM"


@pytest.fixture
async def elsewhere(bank: Bank, database: Database) -> AsyncIterator[Bank]:
    """The same bank, as another process serves it."""
    async with connected(database.application_url) as engine:
        yield Bank(engine, bank.customer_id, PostgresLoanBooks(engine), _numbers=iter(range(1_000, 2_000)))


@contextmanager
def statements_of(engine: AsyncEngine) -> Any:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


def reversal(of: MakePayment, transaction: int) -> ReverseTransaction:
    return ReverseTransaction(
        operation_id=f"reversal-{transaction}",
        loan_id=of.loan_id,
        actor="operator",
        transaction=transaction,
        reason="returned",
    )


async def payments(bank: Bank) -> list[int]:
    rows = await bank.rows("SELECT amount FROM transactions WHERE kind IN ('payment', 'payoff') ORDER BY number")
    return [row.amount // 100 for row in rows]


async def test_a_loan_that_was_just_written_is_written_again_in_one_statement(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    with statements_of(bank.engine) as sent:
        await bank.pay(bank.payment(loan_id, 20))
        await bank.pay(bank.payment(loan_id, 30))
    assert ["UPDATE loans" in statement for statement in sent] == [True, True]
    assert await payments(bank) == [20, 30]
    assert (await audit(bank.engine)).clean


async def test_a_loan_of_which_nothing_is_at_hand_is_read_first(bank: Bank, elsewhere: Bank) -> None:
    loan_id = await bank.disbursed()
    with statements_of(elsewhere.engine) as sent:
        await elsewhere.pay(elsewhere.payment(loan_id, 20))
    assert len(sent) == 2


async def test_what_another_process_wrote_meanwhile_counts(bank: Bank, elsewhere: Bank) -> None:
    loan_id = await bank.disbursed()
    for amount in (10, 20, 30):
        await bank.pay(bank.payment(loan_id, amount))
        await elsewhere.pay(elsewhere.payment(loan_id, amount + 1))
    assert await payments(bank) == [10, 11, 20, 21, 30, 31]
    assert (await audit(bank.engine)).clean


async def test_a_write_that_was_lost_with_its_database_is_not_built_upon(
    bank: Bank, elsewhere: Bank, plant: Plant
) -> None:
    """As when a standby takes over that did not have it yet, and another write comes to bear its version."""
    loan_id = await bank.disbursed()
    plant("; ".join(f"CREATE TABLE kept_{table} AS TABLE {table}" for table in WRITTEN))
    await bank.pay(bank.payment(loan_id, 10))
    lost = await bank.rows("SELECT version FROM loans")
    plant("; ".join(f"DELETE FROM {table}; INSERT INTO {table} {AS_THEY_WERE} kept_{table}" for table in WRITTEN))  # noqa: S608
    other, a_minute_later = elsewhere.payment(loan_id, 20), AT + timedelta(minutes=1)
    await elsewhere.books.write(other, a_minute_later, lambda loan: loan.pay(other, a_minute_later))
    assert await bank.rows("SELECT version FROM loans") == lost
    await bank.pay(bank.payment(loan_id, 30), days=33)
    assert await payments(bank) == [20, 30]
    assert (await bank.loan(loan_id)).booked == (await bank.loan(loan_id)).position.totals


async def test_a_loan_that_was_closed_elsewhere_refuses_once(bank: Bank, elsewhere: Bank) -> None:
    loan_id = await bank.disbursed()
    await bank.pay(bank.payment(loan_id, 10))
    await elsewhere.pay(elsewhere.payment(loan_id, 1_300))
    with pytest.raises(NotAllowedNow):
        await bank.pay(bank.payment(loan_id, 10))
    assert await payments(bank) == [10, 1_300]
    (refused,) = await bank.rows("SELECT count(*) AS lines FROM audit WHERE action = 'refused'")
    assert refused.lines == 1


async def test_a_loan_that_was_reopened_elsewhere_is_not_refused_for_what_it_was(bank: Bank, elsewhere: Bank) -> None:
    loan_id = await bank.disbursed()
    payoff = bank.payment(loan_id, 1_300)
    receipt = (await bank.pay(payoff)).receipt
    assert receipt
    undo = reversal(payoff, receipt.transaction)
    await elsewhere.books.write(undo, AT, lambda loan: loan.reverse(undo, AT))
    assert (await bank.pay(bank.payment(loan_id, 10))).standing.status is LoanStatus.ACTIVE
    assert await bank.count("audit WHERE action = 'refused'") == 0


@pytest.mark.parametrize("kind", ["plain", "penalties", "fee", "cooling-off"])
async def test_a_loan_at_hand_is_the_loan_that_a_reader_gets(bank: Bank, kind: str) -> None:
    chance, plain = Random(kind), product()  # noqa: S311  the same life every time
    kinds = {
        "plain": plain,
        "penalties": replace(plain, terms=replace(plain.terms, penalty_interest=TEN_PERCENT.penalty_interest)),
        "fee": replace(plain, terms=replace(plain.terms, origination_fee_amount=28_00)),
        "cooling-off": replace(plain, cooling_off_days=14),
    }
    await Products(bank.engine).create(replace(kinds[kind], code=kind), NOON)
    loan_id = await bank.disbursed(product_code=kind)
    days, refused, at_hand = 0, 0, True
    for _ in range(40):
        days += chance.choice((0, 0, 0, 1, 5, 20))
        command, change = _anything(chance, bank, loan_id, NOON + timedelta(days=days))
        with statements_of(bank.engine) as sent:
            try:
                await bank.books.write(command, NOON + timedelta(days=days), change)
            except DomainError:
                refused, at_hand = refused + 1, False
                continue
        assert (len(sent) == 1) is at_hand
        at_hand = True
        kept, read = bank.books._at_hand._loans[loan_id], await bank.loan(loan_id)
        assert kept.loan == read
        assert kept.loan.position == read.position
        assert kept.loan.accrual_lines == read.accrual_lines
        assert kept.installments == read.position.installments
        rows = await bank.rows("SELECT * FROM installments ORDER BY number")
        assert [Installment(**{f.name: getattr(row, f.name) for f in fields(Installment)}) for row in rows] == list(
            read.position.installments
        )
    assert 0 < refused < 30
    assert (await audit(bank.engine)).clean


def _anything(
    chance: Random, bank: Bank, loan_id: str, at: datetime
) -> tuple[Command, Callable[[Loan], Receipt | None]]:
    amount = Money(chance.randint(1, 200_00), "USD")
    of: Any = {"operation_id": bank.key(), "loan_id": loan_id, "actor": "operator"}
    why: Any = of | {"reason": "chance"}
    pay = MakePayment(**of, amount=amount, effective_date=chance.choice((None, at.date() - timedelta(days=3))))
    undo = ReverseTransaction(**why, transaction=chance.randint(3, 12))
    fee = AddCharge(**why, amount=amount, component=Component.FEE)
    waiver = Waive(**why, amount=amount, component=chance.choice((Component.FEE, Component.INTEREST)))
    refund = RefundCredit(**why, amount=amount)
    loss = ChargeOff(**why)
    look = PassMilestones(**of)
    back = WithdrawFromCredit(**of)
    return chance.choice(
        (
            *[(pay, lambda loan: loan.pay(pay, at))] * 4,
            (undo, lambda loan: loan.reverse(undo, at)),
            (fee, lambda loan: loan.charge(fee, at)),
            (waiver, lambda loan: loan.waive(waiver, at)),
            (refund, lambda loan: loan.refund_credit(refund, at)),
            (loss, lambda loan: loan.charge_off(loss, at)),
            (back, lambda loan: loan.withdraw_from_credit(back, at)),
            (look, lambda loan: loan.pass_milestones(look.operation_id, at)),
        )
    )


async def test_an_operation_on_record_is_answered_as_it_was_at_first(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    payment = bank.payment(loan_id, 20)
    first = await bank.pay(payment)
    await bank.pay(bank.payment(loan_id, 30))
    assert (await bank.pay(payment)).receipt == first.receipt
    with pytest.raises(OperationReused):
        await bank.pay(replace(payment, amount=replace(payment.amount, minor=1)))
    assert await payments(bank) == [20, 30]


async def test_an_operation_of_another_loan_is_no_operation_of_this_one(bank: Bank) -> None:
    one, other = await bank.disbursed(), await bank.disbursed()
    payment = bank.payment(one, 20)
    await bank.pay(payment)
    with pytest.raises(OperationReused):
        await bank.pay(replace(payment, loan_id=other))
    assert await payments(bank) == [20]


async def test_nothing_of_a_refused_command_stays_at_hand(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    waiver = Waive(
        operation_id="waiver",
        loan_id=loan_id,
        actor="operator",
        amount=replace(bank.payment(loan_id).amount, minor=99_999_00),
        component=Component.INTEREST,
        reason="too much",
    )
    with pytest.raises(InvalidValue):
        await bank.books.write(waiver, AT, lambda loan: loan.waive(waiver, AT))
    before = await bank.loan(loan_id)
    await bank.pay(bank.payment(loan_id, 20))
    after = await bank.loan(loan_id)
    assert len(after.transactions) == len(before.transactions) + 1
    assert (await audit(bank.engine)).clean


async def test_interest_that_a_close_of_business_booked_meanwhile_counts(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    for day in range(1, 4):
        await PostgresPortfolio(bank.engine).accrue(WHOLE, NOON.date() + timedelta(days=day), NOON)
    await bank.pay(bank.payment(loan_id, 20), days=3)
    assert (await audit(bank.engine)).clean


async def test_a_loan_of_a_product_with_a_calendar_is_read_each_time(bank: Bank) -> None:
    terms = replace(product().terms, roll=Roll.NEXT, weekend=(5, 6))
    await Products(bank.engine).create(product(code="by-calendar", terms=terms, calendar="US"), NOON)
    loan_id = await bank.apply(product_code="by-calendar")
    with statements_of(bank.engine) as sent:
        await bank.underwrite(loan_id)
    assert len(sent) == 2  # read first


def test_what_was_put_longest_ago_makes_room() -> None:
    at_hand, seen = AtHand(most=2), [Seen(loan=replace(applied(), id=name)) for name in "abc"]
    for each in seen:
        at_hand.put(each)
    assert [at_hand.take(name) for name in "abc"] == [None, *seen[1:]]
    assert at_hand.take("b") is None  # with whoever took it


def test_of_two_who_wrote_at_once_the_later_write_is_at_hand() -> None:
    at_hand, first = AtHand(), Seen(loan=applied(), version=1)
    second = replace(first, version=2)
    at_hand.put(second)
    at_hand.put(first)
    assert at_hand.take(first.loan.id) is second
