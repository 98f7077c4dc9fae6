"""What Prometheus is told of the books is what the books say."""

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.evidence import PayoutOutcome
from domain.ports import BooksUnavailable
from infrastructure.postgres.engine import create_engine
from infrastructure.telemetry.metrics import lender_metrics
from tests.infrastructure.postgres.conftest import Bank


class Told(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


async def scrape(engine: AsyncEngine) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Told(await lender_metrics(engine)))
    return registry


async def test_an_empty_lender_counts_nothing(bank: Bank) -> None:
    told = await scrape(bank.engine)
    assert told.get_sample_value("tenor_books_available") == 1
    assert told.get_sample_value("tenor_loans", {"status": "active"}) == 0
    assert told.get_sample_value("tenor_applications_total", {"outcome": "disbursed"}) == 0
    assert told.get_sample_value("tenor_payouts_total", {"outcome": "settled"}) == 0
    assert told.get_sample_value("tenor_overdue_loans") == 0


async def test_applications_count_when_they_come_to_an_outcome(bank: Bank) -> None:
    await bank.disbursed()
    await bank.apply()
    declined = await bank.apply()
    await bank.underwrite(declined, score=300)
    told = await scrape(bank.engine)
    assert told.get_sample_value("tenor_applications_total", {"outcome": "disbursed"}) == 1
    assert told.get_sample_value("tenor_applications_total", {"outcome": "declined"}) == 1
    assert told.get_sample_value("tenor_loans", {"status": "verifying"}) == 1


async def test_a_payment_sent_twice_counts_once(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    payment = bank.payment(loan_id, 100)
    for _ in range(2):
        await bank.pay(payment)
    await bank.pay(bank.payment(loan_id, 50))
    told = await scrape(bank.engine)
    labels = {"kind": "payment", "currency": "USD"}
    assert told.get_sample_value("tenor_payments_total", labels) == 2
    assert told.get_sample_value("tenor_payments_minor_units_total", labels) == 150_00


async def test_payouts_count_by_what_became_of_them(bank: Bank) -> None:
    await bank.disbursed()
    failing = await bank.apply()
    await bank.underwrite(failing)
    await bank.accept(failing)
    await bank.settle(failing, PayoutOutcome.FAILED)
    told = await scrape(bank.engine)
    counts = {
        outcome: told.get_sample_value("tenor_payouts_total", {"outcome": outcome})
        for outcome in ("instructed", "settled", "failed")
    }
    assert counts == {"instructed": 2, "settled": 1, "failed": 1}


async def test_overdue_is_what_has_a_delinquency_bucket(bank: Bank, owner: AsyncEngine) -> None:
    loan_id = await bank.disbursed()
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE loans SET bucket = '1-29' WHERE id = :id"), {"id": loan_id})
    assert (await scrape(bank.engine)).get_sample_value("tenor_overdue_loans") == 1


async def test_books_that_are_away_are_named_as_an_outage() -> None:
    engine = create_engine("postgresql://nobody:nothing@127.0.0.1:1/nowhere")
    with pytest.raises(BooksUnavailable):
        await lender_metrics(engine)
    await engine.dispose()
