"""A loan that is closed, reversed and paid again on the real engine, and the audit of all that was lived."""

from typing import Any

import pytest

from demo.showing import Showing
from demo.tenor import Tenor
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.engine import create_engine
from stack.stack import Stack

pytestmark = [pytest.mark.xdist_group("stories"), pytest.mark.timeout(300)]

ADMIN = "/api/admin/v1"


async def test_a_closed_loan_is_corrected_and_lives_again(stack: Stack, showing: Showing) -> None:
    async with Tenor.of(stack) as tenor:
        closed = await tenor.operator.get(f"{ADMIN}/loans", status="closed")
        loan = f"{ADMIN}/loans/{closed['items'][0]['id']}"
        payments = await _of_kind(tenor, loan, "payment", "payoff")
        because = {"transaction": payments[-1]["number"], "reason": "the debit was returned"}
        seen = await tenor.operator.post(f"{loan}/reversals/preview", because)
        revived = await tenor.operator.post(f"{loan}/reversals", because)
        assert (seen["before"]["status"], revived["status"]) == ("closed", "active")

        owed = (await tenor.operator.get(loan))["outstanding"]
        last = await tenor.operator.post(f"{loan}/payments", {"amount": owed})
        assert last["status"] == "closed"


async def test_the_books_of_all_that_was_lived_are_clean(stack: Stack, showing: Showing) -> None:
    engine = create_engine(stack.addresses.application_database)
    report = await audit(engine)
    await engine.dispose()
    assert [(answer.name, answer.findings) for answer in report.answers if answer.count] == []
    assert report.loans == report.refolded > 4


async def _of_kind(tenor: Tenor, loan: str, *kinds: str) -> list[dict[str, Any]]:
    told = await tenor.operator.get(f"{loan}/transactions")
    return [transaction for transaction in told["transactions"] if transaction["kind"] in kinds]
