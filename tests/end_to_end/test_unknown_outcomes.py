"""However the payment rail behaves, a payout ends as settled, failed or in a person's queue, and nobody is paid twice.

API, worker, Temporal, Postgres and the sandbox's rail are real; only time is skipped.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.reconciliation import Difference, Reconciliation
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.queues import QueuedLoan, Queues
from infrastructure.postgres.reconciliations import Reconcile, Reconciliations
from infrastructure.providers.statements import read_statement
from stack.postgres import EmbeddedPostgres
from stack.temporal_server import TemporalServer
from tests.end_to_end.house import House, one_process
from tests.servers import fresh_database
from workflows.options import ASSIGNED_TO, workflow_id


class Rail:
    """The house, with a rail that can be told to misbehave."""

    def __init__(self, house: House, engine: AsyncEngine) -> None:
        self.house = house
        self.engine = engine

    async def pay_out(self, **behaviour: object) -> str:
        """The id of a loan whose payout is on its way over a rail that behaves like that."""
        await self.house.sandbox.switch("payments")
        loan_id = await self.house.offered_loan()
        await self.house.sandbox.switch("payments", **behaviour)
        offer = await self.house.get(f"/api/v1/loans/{loan_id}/offer")
        await self.house.post(f"/api/v1/loans/{loan_id}/accept", {"offer_digest": offer["digest"]})
        return loan_id

    async def status_of(self, loan_id: str) -> str:
        return str((await self.house.get(f"/api/v1/loans/{loan_id}"))["status"])

    async def paid(self, loan_id: str) -> list[dict[str, Any]]:
        """What the rail did for the loan, as the rail has it."""
        return [line for line in await self.house.sandbox.statement() if line["loan_id"] == loan_id]

    async def queued(self, loan_id: str) -> QueuedLoan | None:
        page = await Queues(self.engine).operations(limit=200)
        return next((item for item in page.items if item.loan_id == loan_id), None)

    async def until_queued(self, loan_id: str) -> QueuedLoan:
        """In the books, and where an operator looks for it in the Temporal Web UI."""
        handle = self.house.client.get_workflow_handle(workflow_id(loan_id))
        async with asyncio.timeout(20):
            while True:
                described = await handle.describe()
                queued = await self.queued(loan_id)
                if queued and described.typed_search_attributes.get(ASSIGNED_TO) == "operations":
                    return queued
                await asyncio.sleep(0.05)

    async def reconciled(self) -> Reconciliation:
        today = datetime.now(UTC).date()
        first = today - timedelta(days=1)
        answer = await self.house.sandbox.ask("GET", f"/statement.csv?from={first}&to={today}")
        command = Reconcile(
            operation_id=str(uuid4()),
            actor="operator",
            statement_digest=uuid4().hex,
            source="rail",
            from_day=first,
            to_day=today,
        )
        made = await Reconciliations(self.engine).make(
            command, lambda: read_statement(answer.content), datetime.now(UTC)
        )
        return made.result


@pytest.fixture(scope="module")
async def rail(postgres: EmbeddedPostgres, temporal_server: TemporalServer) -> AsyncIterator[Rail]:
    with fresh_database(postgres) as database:
        engine = create_engine(database.application_url)
        async with one_process(database, temporal_server) as house:
            yield Rail(house, engine)
        await engine.dispose()


SETTLES = [
    {"commit_then_time_out": True},
    {"late_webhook": 0.5},
    {"duplicate_webhook": True},
    {"out_of_order": True},
    {"slow": 0.3},
    {"commit_then_time_out": True, "duplicate_webhook": True, "out_of_order": True},
    {"commit_then_time_out": True, "late_webhook": 1, "duplicate_webhook": True},
    {"commit_then_time_out": True, "lose_webhook": True},
]


@pytest.mark.parametrize("behaviour", SETTLES, ids="+".join)
async def test_a_payout_settles_once_over_a_bad_rail(rail: Rail, behaviour: dict[str, object]) -> None:
    loan_id = await rail.pay_out(**behaviour)
    await rail.house.until(loan_id, "active")
    await asyncio.sleep(0.5)  # for what is told late, or again
    (line,) = await rail.paid(loan_id)
    assert (line["key"], line["outcome"], line["amount_minor"]) == (f"{loan_id}-payout-1", "settled", 1200_00)
    assert await rail.queued(loan_id) is None


async def test_an_outcome_that_is_never_told_is_asked_for_within_the_hour(rail: Rail) -> None:
    loan_id = await rail.pay_out(lose_webhook=True)
    await asyncio.sleep(1)  # the rail is through with it, and tells nobody
    began = datetime.now(UTC)
    await rail.house.let_pass(loan_id, 1)
    await rail.house.until(loan_id, "active")
    (line,) = await rail.paid(loan_id)
    assert line["outcome"] == "settled"
    history = await rail.house.client.get_workflow_handle(workflow_id(loan_id)).fetch_history()
    asked = [event for event in history.events if event.HasField("timer_fired_event_attributes")]
    assert asked[0].event_time.ToDatetime(UTC) - began < timedelta(hours=1)


async def test_a_rail_that_is_down_is_tried_until_it_is_back(rail: Rail) -> None:
    loan_id = await rail.pay_out(down=True)
    await asyncio.sleep(0.5)
    assert await rail.status_of(loan_id) == "disbursing"
    await rail.house.sandbox.switch("payments")
    await rail.house.until(loan_id, "active")
    assert len(await rail.paid(loan_id)) == 1


async def test_a_refused_payout_has_failed_and_pays_nothing(rail: Rail) -> None:
    loan_id = await rail.pay_out(refuse=True)
    await rail.house.until(loan_id, "accepted")
    assert await rail.paid(loan_id) == []
    assert await rail.queued(loan_id) is None


async def test_a_payout_that_never_ends_is_in_a_persons_queue_after_a_day_and_is_not_sent_again(rail: Rail) -> None:
    loan_id = await rail.pay_out(never=True)
    await rail.house.let_pass(loan_id, 2)
    queued = await rail.until_queued(loan_id)
    assert (queued.status, queued.troubles, queued.keys) == (
        "disbursing",
        ("payout_overdue",),
        (f"{loan_id}-payout-1",),
    )
    assert len(await rail.paid(loan_id)) == 1


async def test_a_rail_that_contradicts_itself_is_in_a_persons_queue_and_reconciliation_finds_it(rail: Rail) -> None:
    loan_id = await rail.pay_out(contradict=True)
    queued = await rail.until_queued(loan_id)
    key = f"{loan_id}-payout-1"
    assert (queued.status, queued.troubles, queued.keys) == ("accepted", ("payout_contradicted",), (key,))
    (line,) = await rail.paid(loan_id)
    assert line["outcome"] == "settled"
    findings = {finding.key: finding.difference for finding in (await rail.reconciled()).findings}
    assert findings[key] is Difference.OUTCOME_DIFFERS


async def test_the_rail_has_paid_no_loan_twice_and_agrees_with_the_books_but_for_the_contradictions(rail: Rail) -> None:
    await rail.house.until(await rail.pay_out(), "active")
    lines = await rail.house.sandbox.statement()
    assert len({line["loan_id"] for line in lines}) == len(lines)
    result = await rail.reconciled()
    assert result.refused == ()
    assert {finding.difference for finding in result.findings} <= {Difference.OUTCOME_DIFFERS}
    for finding in result.findings:
        assert await rail.queued(finding.key.partition("-payout-")[0])
