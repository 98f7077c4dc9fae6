"""Officers over a referred application: the queue and its filters, hands, comments, questions and answers."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.conftest import Door
from tests.api.desk import StraightDesk

ADMIN = "/api/admin/v1"
BUREAU_BY_CONSENT = {
    "name": "The bureau is asked by consent",
    "terms": {"currency": "USD", "annual_rate": "14.9"},
    "min_amount": {"amount": "500.00", "currency": "USD"},
    "max_amount": {"amount": "25000.00", "currency": "USD"},
    "min_installments": 6,
    "max_installments": 24,
    "authority": {"limits": [{"amount": "25000.00", "currency": "USD"}]},
    "policy": {"credit_report_consent": "2026-11", "report_valid_days": 30, "identity_valid_days": 90},
}
QUESTION = {"verdict": "request_information", "reason": "Since when do you work there?"}


async def referred(door: Door, desk: StraightDesk, amount: str = "1000.00") -> str:
    loan_id = await door.apply("ada", amount, 60)
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=650)
    return loan_id


async def queue(door: Door, who: str = "officer", **filters: Any) -> dict[str, dict[str, Any]]:
    answer = await door.get(who, f"{ADMIN}/applications", limit=200, **filters)
    assert answer.status_code == 200, answer.text
    return {loan["id"]: loan for loan in answer.json()["items"]}


# --- the queue -----------------------------------------------------------------------------------------------------


async def test_the_queue_is_filtered_by_product_amount_and_age(door: Door, desk: StraightDesk) -> None:
    small, large = await referred(door, desk, "1000.00"), await referred(door, desk, "30000.00")
    between = {"min_amount": "1000.00", "max_amount": "29999.99", "currency": "USD"}
    assert {small, large} & set(await queue(door, **between)) == {small}
    assert not {small, large} & set(await queue(door, min_amount="1.00", currency="EUR"))
    assert {small, large} <= set(await queue(door, product="personal", waiting_days=0))
    assert not {small, large} & set(await queue(door, waiting_days=1))
    assert await queue(door, product="unheard-of") == {}


async def test_an_amount_without_its_currency_and_a_waiter_nobody_knows_are_refused(door: Door) -> None:
    bare = await door.get("officer", f"{ADMIN}/applications", min_amount="1.00")
    assert (bare.status_code, bare.json()["errors"][0]["parameter"]) == (422, "currency")
    odd = await door.get("officer", f"{ADMIN}/applications", waits_for="godot")
    assert (odd.status_code, odd.json()["errors"][0]["parameter"]) == (422, "waits_for")


async def test_nobody_finds_their_own_application_by_what_it_waits_for(door: Door, desk: StraightDesk) -> None:
    loan_id = await referred(door, desk)
    assert loan_id in await queue(door)
    for filters in ({}, {"waits_for": "officer"}, {"assigned_to": "nobody"}, {"escalated": False}):
        assert loan_id not in await queue(door, "ada the officer", **filters)


async def test_an_application_is_in_the_hands_it_was_put_into(door: Door, desk: StraightDesk) -> None:
    loan_id, officer = await referred(door, desk), door.people.users["officer"].id
    path = f"{ADMIN}/loans/{loan_id}/assignment"
    assert loan_id in await queue(door, assigned_to="nobody")
    assigned = await door.post("admin", path, {"officer_id": officer})
    assert assigned.status_code == 200, assigned.text
    mine = await queue(door, assigned_to="me")
    assert mine[loan_id]["referral"]["assigned_to"] == officer
    assert loan_id not in await queue(door, assigned_to="nobody")
    assert loan_id not in await queue(door, "junior", assigned_to="me")
    assert (await door.post("officer", path, {})).status_code == 200
    assert loan_id in await queue(door, assigned_to="nobody")


async def test_a_stranger_an_operator_and_the_applicant_herself_get_no_application(
    door: Door, desk: StraightDesk
) -> None:
    loan_id = await referred(door, desk)
    path = f"{ADMIN}/loans/{loan_id}/assignment"
    for officer, problem in (
        (str(uuid4()), "unknown-user"),
        (door.people.users["operator"].id, "unknown-user"),
        (door.people.users["ada the officer"].id, "own-application"),
    ):
        answer = await door.post("officer", path, {"officer_id": officer})
        assert (answer.status_code, answer.json()["type"]) == (403, f"urn:tenor:problem:{problem}")
    trail = (await door.get("operator", f"{ADMIN}/loans/{loan_id}")).json()["audit_trail"]
    refusals = [line["reason"].split(":")[0] for line in trail if line["action"] == "refused"]
    assert refusals == ["UnknownUser", "UnknownUser", "OwnApplication"]


async def test_what_waits_for_a_second_officer_is_found(door: Door, desk: StraightDesk) -> None:
    loan_id = await referred(door, desk, "30000.00")
    assert (await queue(door, waits_for="officer"))[loan_id]["waits_for"] == "officer"
    await door.post("officer", f"{ADMIN}/loans/{loan_id}/decision", {"verdict": "approve"})
    assert (await queue(door, waits_for="second_officer"))[loan_id]["waits_for"] == "second_officer"
    assert loan_id not in await queue(door, waits_for="officer")


# --- questions and answers -----------------------------------------------------------------------------------------


async def test_an_officer_asks_and_the_applicant_answers(door: Door, desk: StraightDesk) -> None:
    loan_id, information = await referred(door, desk), "/api/v1/loans/{}/information"
    path, answer = information.format(loan_id), {"text": "Since May 2019, at Analytical Engines."}
    early = await door.post("ada", path, answer)
    assert (early.status_code, early.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now")
    asked = await door.post("officer", f"{ADMIN}/loans/{loan_id}/decision", QUESTION)
    assert (asked.status_code, asked.json()["status"]) == (200, "referred"), asked.text
    assert loan_id in await queue(door, waits_for="applicant")
    assert (await door.get("ada", path)).json()["question"] == QUESTION["reason"]
    assert (await door.get("bob", path)).status_code == 404
    key = uuid4().hex
    given = await door.post("ada", path, answer, key=key)
    assert given.status_code == 200, given.text
    assert (await door.post("ada", path, answer, key=key)).status_code == 200
    assert loan_id in await queue(door, waits_for="officer")
    letters = (await door.get("officer", f"{ADMIN}/loans/{loan_id}/correspondence")).json()["items"]
    assert [(letter["kind"], letter["text"]) for letter in letters] == [("answer", answer["text"])]
    file = (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()
    assert file["referral"]["inquiry"]["answer_digest"] == letters[0]["digest"]
    assert "Analytical" not in repr(desk.sent)


async def test_an_answer_that_was_refused_is_not_in_the_file(door: Door, desk: StraightDesk) -> None:
    loan_id = await referred(door, desk)
    path = f"/api/v1/loans/{loan_id}/information"
    await door.post("officer", f"{ADMIN}/loans/{loan_id}/decision", QUESTION)
    key = uuid4().hex
    assert (await door.post("ada", path, {"text": "the first"}, key=key)).status_code == 200
    assert (await door.post("ada", path, {"text": "another"}, key=key)).json()["type"].endswith("operation-reused")
    assert (await door.post("ada", path, {"text": "the second"})).status_code == 409
    letters = (await door.get("officer", f"{ADMIN}/loans/{loan_id}/correspondence")).json()["items"]
    assert [letter["text"] for letter in letters] == ["the first"]


async def test_an_answer_under_the_key_of_something_else_is_not_in_the_file(door: Door, desk: StraightDesk) -> None:
    loan_id, key = await referred(door, desk), uuid4().hex
    await door.post("officer", f"{ADMIN}/loans/{loan_id}/decision", QUESTION)
    application = {"product_code": "personal", "amount": {"amount": "900.00", "currency": "USD"}, "installments": 12}
    assert (await door.post("ada", "/api/v1/loans", application, key=key)).status_code == 201
    refused = await door.post("ada", f"/api/v1/loans/{loan_id}/information", {"text": "never given"}, key=key)
    assert refused.status_code == 422
    assert (await door.get("officer", f"{ADMIN}/loans/{loan_id}/correspondence")).json()["items"] == []


async def test_a_question_without_words_is_refused_by_name(door: Door, desk: StraightDesk) -> None:
    loan_id = await referred(door, desk)
    answer = await door.post("officer", f"{ADMIN}/loans/{loan_id}/decision", {"verdict": "request_information"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason"), answer.text


# --- comments ------------------------------------------------------------------------------------------------------


async def test_colleagues_comment_for_good_and_the_applicant_never_reads_it(
    door: Door, desk: StraightDesk, engine: AsyncEngine
) -> None:
    loan_id = await referred(door, desk)
    path, remark, key = f"{ADMIN}/loans/{loan_id}/comments", {"text": "Called her employer."}, uuid4().hex
    first = await door.post("operator", path, remark, key=key)
    assert (first.status_code, first.json()["author"]) == (201, door.people.users["operator"].id), first.text
    assert (await door.post("operator", path, remark, key=key)).json() == first.json()
    other = await door.post("operator", path, {"text": "Called nobody."}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    elsewhere = await door.post("operator", f"{ADMIN}/loans/{await door.apply('bob')}/comments", remark, key=key)
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    for hers in (
        await door.post("ada the officer", path, remark),
        await door.get("ada the officer", f"{ADMIN}/loans/{loan_id}/correspondence"),
    ):
        assert (hers.status_code, hers.json()["type"]) == (403, "urn:tenor:problem:own-application")
    with pytest.raises(DBAPIError):
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE correspondence SET author = 'somebody else'"))


async def test_an_application_carries_the_consent_that_its_product_wants(door: Door) -> None:
    code = f"test-{uuid4().hex[:12]}"
    definition = {**BUREAU_BY_CONSENT, "code": code}
    created = await door.post("admin", f"{ADMIN}/products", definition)
    assert created.status_code == 201, created.text
    wish = {"product_code": code, "amount": {"amount": "1000.00", "currency": "USD"}, "installments": 12}
    for said in ({}, {"credit_report_consent": "2025-01"}):
        refused = await door.post("ada", "/api/v1/loans", {**wish, **said})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:tenor:problem:consent-missing")
        assert refused.json()["errors"][0]["pointer"] == "/credit_report_consent"
    applied = await door.post("ada", "/api/v1/loans", {**wish, "credit_report_consent": "2026-11"})
    file = (await door.get("officer", f"{ADMIN}/loans/{applied.json()['loan_id']}")).json()
    [line] = file["audit_trail"]
    assert (line["actor"], line["details"]["credit_report_consent"]) == (door.people.users["ada"].id, "2026-11")
