"""An officer's word means the same by update, by Temporal's command line and by the Web UI's dialog."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.commands import Assign, GiveInformation, RenewOffer
from domain.people import APPLICANT
from domain.product import Authority
from domain.status import LoanStatus
from domain.views import Outcome
from stack.temporal_server import TemporalServer, executable
from tests.fakes import product
from tests.workflows.conftest import Lender
from tests.workflows.lives import decision, is_, payloads
from workflows.loan import LoanWorkflow
from workflows.options import workflow_id
from workflows.starting import revive_loan

Said = dict[str, Any]
Door = Callable[[Lender, TemporalServer, Said], Awaitable[None]]

WORD: Said = {"operation_id": "word", "loan_id": "1", "actor": "junior"}


async def by_update(lender: Lender, temporal: TemporalServer, said: Said) -> None:
    try:
        await lender.loan().execute_update("decide", said, id="word")
    except WorkflowUpdateFailedError:
        return  # whoever waits for the answer is told at once; what is on record is the same


async def by_command_line(lender: Lender, temporal: TemporalServer, said: Said) -> None:
    where = ["--address", temporal.address, "--namespace", lender.client.namespace, "--workflow-id", workflow_id("1")]
    what = ["--name", "decide", "--input", json.dumps(said)]
    process = await asyncio.create_subprocess_exec(str(executable()), "workflow", "signal", *where, *what)
    assert await process.wait() == 0


async def by_web_ui(lender: Lender, temporal: TemporalServer, said: Said) -> None:
    """What the dialog's button sends."""
    payload = {"metadata": {"encoding": _base64("json/plain")}, "data": _base64(json.dumps(said))}
    where = f"/api/v1/namespaces/{lender.client.namespace}/workflows/{workflow_id('1')}"
    async with httpx.AsyncClient(base_url=temporal.ui_url) as browser:
        await browser.get(where)
        token = {"X-CSRF-TOKEN": browser.cookies.get("_csrf") or ""}
        body = {"signalName": "decide", "input": {"payloads": [payload]}}
        answer = await browser.post(f"{where}/signal/decide", json=body, headers=token)
        assert answer.status_code == 200, answer.text


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


async def referred(lender: Lender, amount: int = 1_200_00) -> None:
    lender.bureau.score = 620
    await lender.apply(lender.application(amount=amount))
    await lender.until(is_(LoanStatus.REFERRED))


def outcome(lender: Lender) -> tuple[object, ...]:
    loan = lender.books.loans["1"]
    told = [(fact.name, fact.actor, fact.reason) for fact in loan.facts]
    refused = [(type(command).__name__, command.actor, name) for command, name in lender.books.refused]
    return loan.status, loan.offer and loan.offer.digest, loan.closure, loan.approvals, told, refused


DOORS = [by_update, by_command_line, by_web_ui]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("said", "status", "fact"),
    [
        (
            {"verdict": "approve", "amount": {"minor": 80_000, "currency": "USD"}, "reason": "steady income"},
            LoanStatus.OFFERED,
            ("application_approved", "junior", "steady income"),
        ),
        (
            {"verdict": "decline", "reason": "too thin"},
            LoanStatus.DECLINED,
            ("application_declined", "junior", "too thin"),
        ),
        (
            {"verdict": "request_information", "reason": "Since when do you work there?"},
            LoanStatus.REFERRED,
            ("information_requested", "junior", "Since when do you work there?"),
        ),
    ],
)
async def test_a_decision_is_the_same_by_each_door(
    *,
    lender: Lender,
    temporal_server: TemporalServer,
    door: Door,
    said: Said,
    status: LoanStatus,
    fact: tuple[str, ...],
) -> None:
    await referred(lender)
    await door(lender, temporal_server, {**WORD, **said})
    await lender.until(lambda _: fact in outcome(lender)[4])  # type: ignore[operator]
    assert lender.books.loans["1"].status is status
    assert outcome(lender)[-1] == []


@pytest.mark.parametrize("door", DOORS)
async def test_a_refusal_is_on_record_whatever_the_door(
    lender: Lender, temporal_server: TemporalServer, door: Door
) -> None:
    await referred(lender, 15_000_00)
    await door(lender, temporal_server, {**WORD, "verdict": "approve"})
    await lender.until(lambda _: bool(lender.books.refused))
    assert outcome(lender)[-1] == [("Decide", "junior", "BeyondAuthority")]
    assert lender.books.loans["1"].status is LoanStatus.REFERRED


async def test_the_applicant_is_asked_answers_and_nothing_of_the_answer_is_in_the_history(lender: Lender) -> None:
    await referred(lender)
    ask = replace(decision(lender, "junior", verdict="request_information"), reason="Since when?")
    asked = await lender.loan().execute_update(LoanWorkflow.decide, ask)
    assert asked.standing.assigned_to == APPLICANT
    command = GiveInformation(operation_id=lender.operation(), loan_id="1", actor="applicant", answer_digest="5f" * 32)
    answered = await lender.loan().execute_update(LoanWorkflow.give_information, command)
    assert answered.standing.assigned_to is None
    said = payloads(await lender.history())
    assert any("5f5f5f" in payload for payload in said)


async def test_a_referral_nobody_decides_escalates_by_its_timer_then_expires(lender: Lender) -> None:
    lender.books.products["personal"] = product(
        authority=Authority(limits=(10_000_00, 50_000_00)), referral_service_days=2
    )
    await referred(lender)
    command = Assign(operation_id=lender.operation(), loan_id="1", actor="senior", officer_id="junior")
    assigned = await lender.loan().execute_update(LoanWorkflow.assign, command)
    assert assigned.standing.assigned_to == "junior"
    await lender.let_pass(days=4)
    await lender.until(lambda standing: standing.assigned_to == "level-2")
    await lender.let_pass(days=14)
    assert (await lender.loan().result()).status is LoanStatus.EXPIRED


async def test_an_expired_offer_is_renewed_in_a_new_run_and_accepted(lender: Lender) -> None:
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.let_pass(days=16)
    assert (await lender.loan().result()).status is LoanStatus.EXPIRED
    first = lender.books.loans["1"].offer
    again = revive_loan("1", customer_id="customer-1", product_code="personal", summary="offered anew")
    command = RenewOffer(operation_id=lender.operation(), loan_id="1", actor="senior")
    # The new run's clock is the server's own, days before the offer was looked at last: the books don't go back.
    outcome: Outcome = await lender.client.execute_update_with_start_workflow(
        LoanWorkflow.renew_offer, command, id=command.operation_id, start_workflow_operation=again
    )
    assert outcome.standing.status is LoanStatus.OFFERED
    renewed = lender.books.loans["1"].offer
    assert first is not None
    assert renewed is not None
    assert renewed.digest != first.digest
    await lender.accept()
    await lender.until(is_(LoanStatus.ACTIVE))


@pytest.mark.parametrize("door", DOORS)
async def test_several_offers_are_made_by_each_door(
    lender: Lender, temporal_server: TemporalServer, door: Door
) -> None:
    await referred(lender)
    other = {"amount": {"minor": 60_000, "currency": "USD"}, "installments": 6}
    await door(lender, temporal_server, {**WORD, "verdict": "approve", "alternatives": [other]})
    await lender.until(is_(LoanStatus.OFFERED))
    alternatives = lender.books.loans["1"].alternatives
    assert [(offer.amount.minor, offer.payments) for offer in alternatives] == [(60_000, 6)]
