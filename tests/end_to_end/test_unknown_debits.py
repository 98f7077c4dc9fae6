"""However the payment rail behaves, a direct debit ends as settled, failed, returned or in a person's queue, and nobody
pays twice.

API, worker, Temporal, Postgres and the sandbox's rail are real; only time is skipped.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from domain.product import Autopay, LateFee, Servicing
from domain.reconciliation import Difference
from infrastructure.histories import Action, actions
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.products import Products
from stack.postgres import EmbeddedPostgres
from stack.temporal_server import TemporalServer
from tests.api.desk import now
from tests.end_to_end.house import one_process
from tests.end_to_end.test_unknown_outcomes import Rail
from tests.fakes import product
from tests.servers import fresh_database
from workflows.options import workflow_id

RULE = Servicing(
    reminder_days=None, late_fee=LateFee(amount=25_00, grace_days=20), autopay=Autopay(attempts=2, days_between=3)
)


class DrawnRail(Rail):
    async def draw(self, **behaviour: object) -> tuple[str, str]:
        """A loan whose first installment is due, over a rail that behaves like that, and the key of its debit."""
        await self.house.sandbox.switch("payments")
        loan_id = await self.house.active_loan()
        await self.house.post(f"/api/v1/loans/{loan_id}/mandate", {})
        due = (await self.house.get(f"/api/v1/loans/{loan_id}/schedule"))["installments"][0]["due_date"]
        await self.house.sandbox.switch("payments", **behaviour)
        await self.house.let_pass(loan_id, (date.fromisoformat(due) - now().date()).days)
        return loan_id, f"{loan_id}-debit-{due}-1"

    async def debits(self, loan_id: str) -> list[dict[str, Any]]:
        """As the rail has them."""
        lines: list[dict[str, Any]] = (await self.house.sandbox.ask("GET", f"/debits?loan_id={loan_id}")).json()
        return lines

    async def kinds(self, loan_id: str) -> list[str]:
        """Of the transactions after the disbursement."""
        told = (await self.house.get(f"/api/v1/loans/{loan_id}/transactions"))["transactions"]
        return [transaction["kind"] for transaction in told][2:]

    async def until_booked(self, loan_id: str, *kinds: str) -> None:
        async with asyncio.timeout(20):
            while await self.kinds(loan_id) != list(kinds):  # noqa: ASYNC110  no event over HTTP
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def rail(postgres: EmbeddedPostgres, temporal_server: TemporalServer) -> AsyncIterator[DrawnRail]:
    with fresh_database(postgres) as database:
        engine = create_engine(database.application_url)
        async with one_process(database, temporal_server) as house:
            await Products(engine).add_version(product(version=2, servicing=RULE), now())
            yield DrawnRail(house, engine)
        await engine.dispose()


SETTLES = [
    {},
    {"commit_then_time_out": True},
    {"duplicate_webhook": True},
    {"out_of_order": True},
    {"commit_then_time_out": True, "duplicate_webhook": True, "out_of_order": True},
    {"commit_then_time_out": True, "lose_webhook": True},
]


@pytest.mark.parametrize("behaviour", SETTLES, ids="+".join)
async def test_a_debit_settles_once_over_a_bad_rail(rail: DrawnRail, behaviour: dict[str, object]) -> None:
    loan_id, key = await rail.draw(**behaviour)
    await rail.until_booked(loan_id, "debit_instructed", "payment")
    await asyncio.sleep(0.5)  # for what is told late, or again
    (line,) = await rail.debits(loan_id)
    assert (line["key"], line["outcome"], line["amount_minor"]) == (key, "settled", 106_62)
    assert await rail.kinds(loan_id) == ["debit_instructed", "payment"]
    assert await rail.queued(loan_id) is None


async def test_an_outcome_that_is_never_told_is_asked_for_within_the_hour(rail: DrawnRail) -> None:
    loan_id, _ = await rail.draw(lose_webhook=True)
    await asyncio.sleep(1)  # the rail is through with it, and tells nobody
    await rail.house.let_pass(loan_id, 1)
    await rail.until_booked(loan_id, "debit_instructed", "payment")


async def test_a_rail_that_is_down_is_tried_until_it_is_back(rail: DrawnRail) -> None:
    loan_id, key = await rail.draw(down=True)
    assert await rail.kinds(loan_id) == ["debit_instructed"]
    await rail.house.sandbox.switch("payments")
    await rail.house.let_pass(loan_id, 1)
    await rail.until_booked(loan_id, "debit_instructed", "payment")
    assert [line["key"] for line in await rail.debits(loan_id)] == [key]


async def test_a_refused_debit_has_failed_and_is_tried_again_under_a_new_key(rail: DrawnRail) -> None:
    loan_id, key = await rail.draw(refuse=True)
    await rail.until_booked(loan_id, "debit_instructed", "debit_failed")
    await rail.house.sandbox.switch("payments")
    await rail.house.let_pass(loan_id, 5)
    await rail.until_booked(loan_id, "debit_instructed", "debit_failed", "debit_instructed", "payment")
    assert [line["key"] for line in await rail.debits(loan_id)] == [f"{key[:-1]}2"]


async def test_a_debit_that_never_ends_is_in_a_persons_queue_and_is_not_sent_again(rail: DrawnRail) -> None:
    loan_id, key = await rail.draw(never=True)
    await rail.house.let_pass(loan_id, 7)
    queued = await rail.until_queued(loan_id)
    assert (queued.status, queued.troubles, queued.keys) == ("active", ("debit_overdue",), (key,))
    assert len(await rail.debits(loan_id)) == 1


async def test_a_rail_that_contradicts_itself_is_in_a_persons_queue_and_reconciliation_finds_it(
    rail: DrawnRail,
) -> None:
    loan_id, key = await rail.draw(contradict=True)
    queued = await rail.until_queued(loan_id)
    assert (queued.troubles, queued.keys) == (("debit_contradicted",), (key,))
    findings = {finding.key: finding.difference for finding in (await rail.reconciled()).findings}
    assert findings[key] is Difference.OUTCOME_DIFFERS


async def test_a_debit_returned_weeks_later_reopens_the_loan_that_was_closed_since(rail: DrawnRail) -> None:
    loan_id, key = await rail.draw()
    await rail.until_booked(loan_id, "debit_instructed", "payment")
    payoff = await rail.house.get(f"/api/v1/loans/{loan_id}/payoff")
    await rail.house.post(f"/api/v1/loans/{loan_id}/payments", {"amount": payoff["amount"]})
    await rail.house.until(loan_id, "closed")
    admin = {"authorization": f"Bearer {rail.house.sandbox.settings.admin_api_key}"}
    sandbox = rail.house.sandbox
    (await sandbox.http.post(f"{sandbox.url}/debits/{key}/return", headers=admin)).raise_for_status()
    await rail.house.until(loan_id, "active")
    await rail.until_booked(loan_id, "debit_instructed", "payment", "payoff", "reversal")


async def test_an_installment_that_is_drawn_takes_seven_actions(rail: DrawnRail) -> None:
    """The due date's timer and step, the call to the rail and the patience with it, its word and the payment, and the
    next due date that an operator can search for. A reminder before would take two more."""
    loan_id, _ = await rail.draw()
    await rail.until_booked(loan_id, "debit_instructed", "payment")
    history = await rail.house.client.get_workflow_handle(workflow_id(loan_id)).fetch_history()
    due = [index for index, event in enumerate(history.events) if event.HasField("timer_fired_event_attributes")]
    assert actions(history.events[due[-1] :]) == {
        Action.TIMER: 2,
        Action.LOCAL: 2,
        Action.ACTIVITY: 1,
        Action.SIGNAL: 1,
        Action.ATTRIBUTES: 1,
    }


async def test_nobody_has_paid_twice_and_the_books_hold(rail: DrawnRail) -> None:
    lines = (await rail.house.sandbox.ask("GET", "/debits")).json()
    settled = [line["loan_id"] for line in lines if line["outcome"] == "settled"]
    assert len(set(settled)) == len(settled) > 0
    report = await audit(rail.engine)
    assert [answer for answer in report.answers if answer.count] == []
    result = await rail.reconciled()
    assert {finding.difference for finding in result.findings} <= {Difference.OUTCOME_DIFFERS}
    for finding in result.findings:
        assert await rail.queued(finding.key.partition("-debit-")[0])
