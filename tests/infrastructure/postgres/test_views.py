"""What the API reads."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from domain.errors import InvalidValue, NotAllowedNow, UnknownLoan
from domain.status import LoanStatus
from domain.transaction import TransactionKind
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.products import Products
from infrastructure.postgres.record import body_digest
from infrastructure.postgres.referred import Referred, Wanted
from infrastructure.postgres.views import Views
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, Bank, customer, dollars
from tests.keys import data_keys


@pytest.fixture
def views(bank: Bank) -> Views:
    return Views(bank.engine)


async def test_a_loan_is_seen_with_its_papers(bank: Bank, views: Views) -> None:
    loan_id = await bank.disbursed()
    await bank.pay(bank.payment(loan_id))
    seen, loan = await views.loan(loan_id), await bank.loan(loan_id)
    assert (seen.id, seen.customer_id, seen.status) == (loan_id, bank.customer_id, LoanStatus.ACTIVE)
    assert (seen.product_code, seen.product_name) == ("personal", "Personal loan")
    assert (seen.requested, seen.approved, seen.installments) == (dollars(1200), dollars(1200), 12)
    assert (seen.offer, seen.decision, seen.payout) == (loan.offer, loan.decision, loan.payout)
    assert seen.outstanding == loan.standing().outstanding
    assert seen.balances.principal.minor == 1200_00 - loan.booked.principal_paid
    assert seen.next_milestone == loan.standing().waits_for
    assert await views.offer(loan_id) == loan.offer


async def test_the_schedule_is_the_fold(bank: Bank, views: Views) -> None:
    loan_id = await bank.disbursed()
    await bank.pay(bank.payment(loan_id))
    rows, position = await views.schedule(loan_id), (await bank.loan(loan_id)).position
    assert [row.number for row in rows] == list(range(1, 13))
    assert [row.outstanding.minor for row in rows] == [row.outstanding for row in position.installments]
    assert [row.due.minor for row in rows] == [row.due for row in position.installments]


async def test_a_loan_without_a_payout_has_neither_schedule_nor_transactions(bank: Bank, views: Views) -> None:
    loan_id = await bank.apply()
    assert await views.schedule(loan_id) == ()
    assert await views.transactions(loan_id) == ()
    assert await views.offer(loan_id) is None


async def test_transactions_are_told_in_their_order(bank: Bank, views: Views) -> None:
    loan_id = await bank.disbursed()
    await bank.pay(bank.payment(loan_id))
    told = await views.transactions(loan_id)
    assert [row.number for row in told] == [1, 2, 3]
    assert (told[2].kind, told[2].amount) == (TransactionKind.PAYMENT, dollars(100))


async def test_the_audit_trail_tells_who_did_what(bank: Bank, views: Views) -> None:
    loan_id = await bank.disbursed()
    trail = await views.audit_trail(loan_id)
    assert [row.sequence for row in trail] == list(range(1, len(trail) + 1))
    assert (trail[0].action, trail[0].actor) == ("application_submitted", bank.customer_id)
    assert len(trail[0].hash) == 64


async def test_another_customers_loan_does_not_exist(bank: Bank, views: Views) -> None:
    loan_id, stranger = await bank.disbursed(), str(uuid4())
    await Customers(bank.engine, data_keys(bank.engine)).create(customer(stranger), NOON)
    for read in (views.loan, views.schedule, views.transactions, views.offer):
        await read(loan_id, customer_id=bank.customer_id)
        for nobody in (stranger, "not-an-id"):
            with pytest.raises(UnknownLoan):
                await read(loan_id, customer_id=nobody)
    with pytest.raises(UnknownLoan):
        await views.payoff_on(loan_id, NOON.date(), NOON, customer_id=stranger)
    assert (await views.loans(customer_id=stranger)).items == ()


async def test_an_unknown_loan_is_unknown_to_every_read(views: Views) -> None:
    for nobody in (str(uuid4()), "not-an-id", ""):
        for read in (views.loan, views.schedule, views.transactions, views.offer, views.audit_trail):
            with pytest.raises(UnknownLoan):
                await read(nobody)


async def test_pages_follow_each_other_without_gap_or_repeat(bank: Bank, views: Views) -> None:
    opened = []
    for minutes in range(5):
        application = bank.application()
        await bank.open(application, NOON + timedelta(minutes=minutes // 2))  # some at the very same moment
        opened.append(application.loan_id)
    first = await views.loans(limit=2)
    second = await views.loans(limit=2, after=first.next)
    third = await views.loans(limit=2, after=second.next)
    seen = [loan.id for page in (first, second, third) for loan in page.items]
    assert sorted(seen) == sorted(opened)
    assert seen[0] == opened[-1]
    assert third.next is None


async def test_a_cursor_that_is_none_of_ours_is_refused(views: Views) -> None:
    for cursor in ("", "x", "eyJ9", "WyJhIiwiYiJd", "ÄÖ", "W10"):
        with pytest.raises(InvalidValue, match="cursor"):
            await views.loans(after=cursor)


async def test_lists_can_be_narrowed(bank: Bank, views: Views) -> None:
    running, waiting = await bank.disbursed(), await bank.apply()
    await bank.underwrite(waiting, score=600)

    async def ids(**filters: object) -> list[str]:
        return [loan.id for loan in (await views.loans(**filters)).items]  # type: ignore[arg-type]

    assert await ids(status=LoanStatus.ACTIVE) == [running]
    assert len(await ids(product="personal", customer_id=bank.customer_id)) == 2
    assert await ids(product="unheard-of") == []
    assert await ids(bucket="1-29") == []
    assert [loan.id for loan in (await Referred(bank.engine).page(Wanted())).items] == [waiting]


async def test_an_operation_is_found_by_its_id(bank: Bank, views: Views) -> None:
    payment = bank.payment(await bank.disbursed())
    assert await views.operation(payment.operation_id) is None
    outcome = await bank.pay(payment)
    found = await views.operation(payment.operation_id)
    assert found
    assert (found.kind, found.loan_id, found.receipt) == ("MakePayment", payment.loan_id, outcome.receipt)
    assert found.body_digest == body_digest(payment)


async def test_a_payoff_is_the_fold_on_that_day(bank: Bank, views: Views) -> None:
    loan_id = await bank.disbursed()
    day = NOON.date() + timedelta(days=20)
    payoff = await views.payoff_on(loan_id, day, NOON)
    assert payoff.amount.minor == (await bank.loan(loan_id)).position_on(day).payoff
    assert payoff.balances.principal == dollars(1200)
    with pytest.raises(InvalidValue, match="as_of"):
        await views.payoff_on(loan_id, date(2026, 1, 14), NOON)
    with pytest.raises(NotAllowedNow):
        await views.payoff_on(await bank.apply(), day, NOON)


async def test_a_payoff_is_by_default_of_the_day_that_it_is_where_the_loan_lives(bank: Bank, views: Views) -> None:
    at = NOON + timedelta(days=10, hours=-2)
    for zone, day in (("Pacific/Kiritimati", date(2026, 1, 26)), ("Pacific/Pago_Pago", date(2026, 1, 24))):
        there = product(code=zone[8:12].lower(), time_zone=zone)  # 14 hours before UTC, and 11 after it
        await Products(bank.engine).create(there, NOON)
        loan_id = await bank.disbursed(product_code=there.code)
        assert (await views.payoff_on(loan_id, None, at)).as_of == day
        assert await views.payoff_on(loan_id, None, at) == await views.payoff_on(loan_id, day, at)


async def test_the_trial_balance_is_zero_in_each_currency(bank: Bank, views: Views) -> None:
    await bank.pay(bank.payment(await bank.disbursed()))
    (dollar,) = await views.trial_balance()
    assert (dollar.currency, dollar.total) == ("USD", dollars(0))
    balances = {row.account: row.balance for row in dollar.rows}
    assert len(balances) == 14
    assert balances["loan_principal"] == (await views.loans()).items[0].balances.principal  # type: ignore[index]


async def test_loans_are_counted_by_status_and_when_overdue(bank: Bank, views: Views) -> None:
    loan_id = await bank.disbursed()
    await bank.apply()
    assert await views.loans_by_status() == {LoanStatus.ACTIVE: 1, LoanStatus.VERIFYING: 1}
    assert await views.overdue_loans() == 0
    await bank.pay(bank.payment(loan_id, 1), days=45)
    assert await views.overdue_loans() == 1
