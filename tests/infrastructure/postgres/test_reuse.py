"""What providers said of a customer before, found again for the next application."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from domain.evidence import BureauReport, verification_key
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.evidence import PostgresEvidence
from tests.infrastructure.postgres.conftest import NOON, Bank, customer
from tests.keys import data_keys

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
REPORT = BureauReport(reference="bur_1", score=700, currency="USD", monthly_obligations=5)


async def test_the_bureaus_own_newest_report_is_used_again(bank: Bank) -> None:
    evidence = PostgresEvidence(bank.engine, data_keys(bank.engine))
    first, second = await bank.apply(), await bank.apply()

    async def recent(currency: str = "USD", since: datetime = YESTERDAY) -> BureauReport | None:
        return await evidence.recent_report(customer_id=bank.customer_id, currency=currency, since=since)

    assert await recent() is None
    await evidence.keep(key=verification_key(first), loan_id=first, customer_id=bank.customer_id, report=REPORT)
    again = replace(REPORT, reused_from=verification_key(first))
    assert await recent() == again
    await evidence.keep(key=verification_key(second), loan_id=second, customer_id=bank.customer_id, report=again)
    assert await recent() == again
    assert await recent(currency="EUR") is None
    assert await recent(since=datetime.now(UTC) + timedelta(days=1)) is None


async def test_a_report_is_sealed_for_whose_loan_it_is_whoever_is_named(bank: Bank) -> None:
    keys, loan_id, eve = data_keys(bank.engine), await bank.apply(), customer(str(uuid4()))
    await Customers(bank.engine, keys).create(eve, NOON)
    evidence = PostgresEvidence(bank.engine, keys)
    await evidence.keep(key="k", loan_id=loan_id, customer_id=eve.customer_id, report=REPORT)
    assert await PostgresEvidence(bank.engine, data_keys(bank.engine)).report(key="k") == REPORT


async def test_a_refused_report_is_not_used_again(bank: Bank) -> None:
    evidence, loan_id = PostgresEvidence(bank.engine, data_keys(bank.engine)), await bank.apply()
    key = verification_key(loan_id)
    await evidence.keep(
        key=key, loan_id=loan_id, customer_id=bank.customer_id, report=replace(REPORT, reference=key, score=None)
    )
    assert await evidence.recent_report(customer_id=bank.customer_id, currency="USD", since=YESTERDAY) is None


async def test_a_passed_identity_is_known_from_its_day_on(bank: Bank) -> None:
    evidence, day = PostgresEvidence(bank.engine, data_keys(bank.engine)), NOON.date()
    assert await evidence.passed_identity(customer_id=bank.customer_id, since=day) is None
    loan_id = await bank.disbursed()
    known = await evidence.passed_identity(customer_id=bank.customer_id, since=day)
    assert known is not None
    assert (known.reference, known.checked_on, known.reused_from) == ("kyc-1", day, loan_id)
    assert await evidence.passed_identity(customer_id=bank.customer_id, since=day + timedelta(days=1)) is None
