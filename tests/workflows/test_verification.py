"""Identity checks as they come: in parts, late, again, and against their own word."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.commands import Assign, Decide, OfficerVerdict, RecheckIdentity, Withdraw
from domain.evidence import Aspect, AspectCheck, BureauReport, IdentityOutcome, IdentityResult, verification_key
from domain.status import LoanStatus
from tests.fakes import product
from tests.workflows.conftest import Lender
from tests.workflows.lives import decision, is_
from workflows.loan import LoanWorkflow
from workflows.options import LOANS

PENDING, PASSED, FAILED, NEEDS_PERSON = IdentityOutcome
BOTH, IDENTITY, BUREAU = (("Ask both providers", LOANS), ("Check identity", LOANS), ("Ask credit bureau", LOANS))


def news(key: str = "1-verification", outcome: IdentityOutcome = PENDING, **aspects: IdentityOutcome) -> IdentityResult:
    checks = tuple(AspectCheck(aspect=Aspect(name), outcome=told) for name, told in aspects.items())
    return IdentityResult(outcome=outcome, reference="check", key=key, checks=checks)


async def tell(lender: Lender, result: IdentityResult) -> None:
    await lender.loan().signal(LoanWorkflow.identity_result, result)


async def assign(lender: Lender, officer: str) -> None:
    command = Assign(operation_id=lender.operation(), loan_id="1", actor="senior", officer_id=officer)
    await lender.loan().execute_update(LoanWorkflow.assign, command)


async def recheck(lender: Lender, officer: str = "senior") -> None:
    command = RecheckIdentity(operation_id=lender.operation(), loan_id="1", actor=officer)
    await lender.loan().execute_update(LoanWorkflow.recheck_identity, command)


def told(lender: Lender, name: str) -> list[dict[str, str]]:
    return [fact.details for fact in lender.books.loans["1"].facts if fact.name == name]


async def test_aspects_that_are_told_apart_make_one_outcome(lender: Lender) -> None:
    lender.identity.outcome = PENDING
    await lender.apply()
    for aspect in ("sanctions", "document", "liveness"):
        await tell(lender, news(**{aspect: PASSED}))
    await lender.until(is_(LoanStatus.OFFERED))
    identity = lender.books.loans["1"].identity
    assert identity is not None
    assert [check.aspect for check in identity.checks] == list(Aspect)


async def test_a_possible_match_with_sanctions_is_for_a_person(lender: Lender) -> None:
    lender.identity.outcome = PENDING
    await lender.apply()
    await tell(lender, news(sanctions=FAILED))
    await tell(lender, news(document=PASSED))
    await tell(lender, news(liveness=PASSED))
    await lender.until(is_(LoanStatus.REFERRED))


async def test_a_word_on_another_check_is_not_heard(lender: Lender) -> None:
    lender.identity.outcome = PENDING
    await lender.apply()
    await tell(lender, news(key=verification_key("1", 7), outcome=FAILED))
    await tell(lender, news(outcome=PASSED))
    await lender.until(is_(LoanStatus.OFFERED))


async def test_what_contradicts_the_first_word_moves_nothing_and_is_kept_for_a_person(lender: Lender) -> None:
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    for word in (news(outcome=PASSED), news(outcome=FAILED), news(outcome=FAILED), news(sanctions=FAILED)):
        await tell(lender, word)
    await lender.until(lambda _: len(told(lender, "identity_contradicted")) == 1)
    assert told(lender, "identity_contradicted") == [{"stands": "passed", "said": "failed"}]
    loan = lender.books.loans["1"]
    assert loan.status is LoanStatus.OFFERED
    assert loan.identity is not None
    assert (loan.identity.outcome, loan.identity.contradicted) == (PASSED, ("failed",))


def with_policy(lender: Lender, **changes: Any) -> None:
    plain = product()
    lender.books.products["personal"] = replace(plain, policy=replace(plain.policy, **changes))


async def test_what_providers_said_a_short_while_ago_is_used_again(lender: Lender) -> None:
    with_policy(lender, report_valid_days=30, identity_valid_days=90)
    lender.evidence.recent = BureauReport(
        reference="old", score=640, currency="USD", monthly_obligations=0, reused_from="0-verification"
    )
    lender.evidence.passed = IdentityResult(outcome=PASSED, reference="old", reused_from="0")
    await lender.apply()
    await lender.until(is_(LoanStatus.REFERRED))
    assert lender.identity.asked == []
    assert [details.get("reused_from") for details in told(lender, "identity_checked")] == ["0"]
    assert [details.get("reused_from") for details in told(lender, "bureau_reported")] == ["0-verification"]


async def test_by_default_each_application_asks_anew(lender: Lender) -> None:
    lender.evidence.passed = IdentityResult(outcome=PASSED, reference="old", reused_from="0")
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    assert lender.identity.asked == ["1-verification"]


async def test_a_check_that_was_contradicted_or_whose_documents_expired_is_not_used_again(lender: Lender) -> None:
    with_policy(lender, identity_valid_days=90)
    good = IdentityResult(outcome=PASSED, reference="old", reused_from="0")
    stale = (replace(good, contradicted=("failed",)), replace(good, documents_expire_on=date(2020, 1, 31)))
    for loan_id, known in zip(("1", "2"), stale, strict=True):
        lender.evidence.passed = known
        await lender.apply(lender.application(loan_id))
        await lender.until(is_(LoanStatus.OFFERED), loan_id)
    assert lender.identity.asked == ["1-verification", "2-verification"]


async def test_without_the_consent_that_the_product_wants_nobody_is_asked(lender: Lender) -> None:
    with_policy(lender, credit_report_consent="2026-11")
    for given in (None, "2025-01"):
        command = replace(lender.application(given or "none"), credit_report_consent=given)
        assert await refusal(lender.apply(command)) == "ConsentMissing"
    await lender.apply(replace(lender.application(), credit_report_consent="2026-11"))
    await lender.until(is_(LoanStatus.OFFERED))
    assert [details["credit_report_consent"] for details in told(lender, "application_submitted")] == ["2026-11"]
    assert lender.identity.asked == ["1-verification"]


async def test_an_outage_is_on_the_signboard_and_ends_by_itself(lender: Lender) -> None:
    lender.identity.outages = 3
    await lender.apply()
    seen = [await _details(lender)]
    while lender.books.loans["1"].status is LoanStatus.VERIFYING:
        seen.append(await _details(lender))
    assert any("**Without an answer yet:** the identity check, asked 2" in details for details in seen)
    await lender.until(is_(LoanStatus.OFFERED))
    assert "Without an answer" not in await _details(lender)


async def _details(lender: Lender) -> str:
    shown: WorkflowMetadata = await lender.loan().query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return shown.current_details


async def referred(lender: Lender) -> None:
    lender.identity.outcome = NEEDS_PERSON
    await lender.apply()
    await lender.until(is_(LoanStatus.REFERRED))


async def calls(lender: Lender) -> list[tuple[str, str]]:
    """What loan 1 has had asked so far, in turn, and on which task queue."""
    history = await lender.loan().fetch_history()
    asked = [
        event.activity_task_scheduled_event_attributes
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return [(each.activity_type.name, each.task_queue.name) for each in asked]


async def test_both_providers_are_asked_in_one_call_that_is_handed_out_with_the_loans_task(lender: Lender) -> None:
    """On the queue of the workflow's own: there the server need not hand it out by itself."""
    await referred(lender)
    assert await calls(lender) == [BOTH]


async def test_who_does_not_answer_at_first_and_nobody_else_has_a_call_of_their_own(lender: Lender) -> None:
    lender.identity.outages = 1
    await referred(lender)
    assert await calls(lender) == [BOTH, IDENTITY]


async def test_a_bureau_that_is_away_at_first_is_asked_again_and_the_identity_provider_is_not(lender: Lender) -> None:
    lender.bureau.outages = 2
    await referred(lender)
    assert await calls(lender) == [BOTH, BUREAU]
    assert lender.identity.asked == ["1-verification"]


async def test_who_takes_too_long_at_first_costs_nobody_elses_answer(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.providers.FIRST_PATIENCE", 0.05)
    lender.bureau.answers = answers = asyncio.Event()
    lender.identity.outcome = NEEDS_PERSON
    await lender.apply()
    while BUREAU not in await calls(lender):  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(0.02)
    answers.set()
    await lender.until(is_(LoanStatus.REFERRED))
    assert await calls(lender) == [BOTH, BUREAU]


async def test_when_the_first_call_is_lost_each_provider_has_a_call_of_its_own(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when its worker is told to stop."""
    bureau = lender.bureau.report

    async def lost(**_: str) -> BureauReport:
        monkeypatch.setattr(lender.bureau, "report", bureau)
        raise asyncio.CancelledError

    monkeypatch.setattr(lender.bureau, "report", lost)
    await referred(lender)
    assert await calls(lender) == [BOTH, IDENTITY, BUREAU]


async def test_a_word_that_comes_during_the_first_call_is_held_against_its_answer(lender: Lender) -> None:
    lender.bureau.answers = answers = asyncio.Event()
    await lender.apply()
    await lender.until(lambda _: bool(lender.identity.asked))
    await tell(lender, news(outcome=FAILED))
    answers.set()
    await lender.until(lambda _: bool(told(lender, "identity_contradicted")))
    assert told(lender, "identity_contradicted") == [{"stands": "passed", "said": "failed"}]


async def test_a_workflow_that_is_cancelled_during_the_first_call_asks_nobody_again(lender: Lender) -> None:
    lender.bureau.answers = answers = asyncio.Event()
    await lender.apply()
    await lender.until(lambda _: bool(lender.identity.asked))
    await lender.loan().cancel()
    assert (await lender.loan().result()).status is LoanStatus.CANCELLED
    answers.set()
    assert await calls(lender) == [BOTH]


async def test_who_withdraws_during_the_first_call_is_not_asked_about_again(lender: Lender) -> None:
    lender.identity.answers = answers = asyncio.Event()
    await lender.apply()
    await lender.until(lambda _: bool(lender.identity.asked))
    command = Withdraw(operation_id=lender.operation(), loan_id="1", actor="applicant", reason="found another")
    await lender.loan().execute_update(LoanWorkflow.withdraw, command)
    answers.set()
    assert (await lender.loan().result()).status is LoanStatus.WITHDRAWN
    assert await calls(lender) == [BOTH]


async def being_rechecked(lender: Lender) -> None:
    await referred(lender)
    lender.identity.outcome = PENDING
    await recheck(lender)
    await lender.until(lambda _: len(lender.identity.asked) == 2)


async def test_an_officer_has_the_provider_look_again_under_a_new_key(lender: Lender) -> None:
    await referred(lender)
    lender.identity.outcome = PASSED
    await recheck(lender)
    await lender.until(lambda standing: standing.recheck_key is None and len(lender.identity.asked) == 2)
    loan = lender.books.loans["1"]
    assert loan.status is LoanStatus.REFERRED
    assert loan.identity is not None
    assert (loan.identity.outcome, loan.identity.key) == (PASSED, verification_key("1", 1))
    assert [details["outcome"] for details in told(lender, "identity_checked")] == ["needs_person", "passed"]


async def test_a_recheck_that_takes_its_time_holds_up_no_decision(lender: Lender) -> None:
    await referred(lender)
    lender.identity.outcome = PENDING
    await recheck(lender)
    decision = Decide(
        operation_id=lender.operation(), loan_id="1", actor="senior", verdict=OfficerVerdict.DECLINE, reason="no"
    )
    await lender.loan().execute_update(LoanWorkflow.decide, decision)
    assert (await lender.loan().result()).status is LoanStatus.DECLINED


async def test_once_it_is_decided_a_provider_that_was_away_is_not_asked_again(lender: Lender) -> None:
    await referred(lender)
    lender.identity.outages = 1_000
    await recheck(lender)
    await lender.until(lambda _: len(lender.identity.asked) >= 2)
    await lender.loan().execute_update(LoanWorkflow.decide, decision(lender, "senior"))
    await lender.until(is_(LoanStatus.OFFERED))
    async with asyncio.timeout(20):
        while (await lender.loan().describe()).raw_description.pending_activities:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.02)


async def test_a_run_that_continues_as_new_carries_a_recheck_under_way(lender: Lender) -> None:
    await being_rechecked(lender)
    first = (await lender.loan().describe()).run_id
    async with asyncio.timeout(20):
        while (await lender.loan().describe()).run_id == first:
            await assign(lender, "senior")
    await tell(lender, news(key=verification_key("1", 1), outcome=PASSED))
    await lender.until(lambda standing: standing.recheck_key is None)
    assert [details["outcome"] for details in told(lender, "identity_checked")] == ["needs_person", "passed"]
    await lender.loan().execute_update(LoanWorkflow.decide, decision(lender, "senior"))
    await lender.until(is_(LoanStatus.OFFERED))


async def test_cancelling_the_workflow_while_a_recheck_is_under_way_cancels_the_loan(lender: Lender) -> None:
    await being_rechecked(lender)
    await lender.loan().cancel()
    assert (await lender.loan().result()).status is LoanStatus.CANCELLED
    history = await lender.loan().fetch_history()
    assert not [event for event in history.events if event.HasField("workflow_task_failed_event_attributes")]


async def test_a_recheck_is_answered_by_webhook_and_comes_once_at_a_time(lender: Lender) -> None:
    await referred(lender)
    lender.identity.outcome = PENDING
    await recheck(lender)
    assert await refusal(recheck(lender)) == "NotAllowedNow"
    await tell(lender, news(outcome=FAILED))  # of the first check, which is over
    await tell(lender, news(key=verification_key("1", 1), outcome=PASSED))
    await lender.until(lambda standing: standing.recheck_key is None)
    await recheck(lender)
    await lender.until(lambda _: lender.identity.asked[-1] == verification_key("1", 2))


async def test_who_may_not_decide_may_not_recheck(lender: Lender) -> None:
    await referred(lender)
    assert await refusal(recheck(lender, "borrower")) == "OwnApplication"
    assert await refusal(recheck(lender, "stranger")) == "UnknownUser"


async def test_only_a_referred_application_is_rechecked(lender: Lender) -> None:
    await lender.apply()
    await lender.until(is_(LoanStatus.OFFERED))
    assert await refusal(recheck(lender)) == "NotAllowedNow"


async def refusal(asked: Any) -> str | None:
    try:
        await asked
    except WorkflowUpdateFailedError as failed:
        return failed.cause.type if isinstance(failed.cause, ApplicationError) else None
    return None
