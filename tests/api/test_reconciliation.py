"""A statement held against the books, and the queue of payouts in doubt, at the administrative door."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from api.main import create_app
from api.parts import Parts, statements
from domain.evidence import PayoutOutcome
from infrastructure.postgres.audit.report import audit
from tests.api.conftest import Door
from tests.api.desk import StraightDesk
from tests.api.test_lender import ADMIN, _active, _disbursing
from tests.sandbox.running import running_sandbox

HEADER = "key,outcome,amount_minor,currency"
PATH = f"{ADMIN}/reconciliations"


async def send(door: Door, *lines: str, who: str = "operator", header: str = HEADER) -> httpx.Response:
    today = datetime.now(UTC).date().isoformat()
    headers = {**door.people.bearer(who), "content-type": "text/csv"}
    content = "\n".join((header, *lines))
    return await door.http.post(PATH, params={"from": today, "to": today}, content=content, headers=headers)


async def test_a_statement_is_matched_and_what_differs_is_listed(door: Door, desk: StraightDesk) -> None:
    settled, transit, unheard = await _active(door, desk), await _disbursing(door, desk), await _active(door, desk)
    answer = await send(
        door,
        f"{settled}-payout-1,settled,100000,USD",
        f"{transit}-payout-1,settled,99999,USD",
        f"{uuid4()}-payout-1,settled,5,USD",
        "somebody else's,settled,100,USD",
        "garbage",
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()["result"]
    differences = {(finding["key"], finding["difference"]) for finding in told["findings"]}
    assert {
        (f"{transit}-payout-1", "amount_differs"),
        (f"{transit}-payout-1", "outcome_differs"),
        ("somebody else's", "not_in_books"),
        (f"{unheard}-payout-1", "not_in_statement"),
    } <= differences
    assert settled not in str(told["findings"])
    assert told["refused"] == [{"line": 6, "reason": "wrong_number_of_fields"}]
    assert told["matched"] >= 1
    assert told["clean"] is False
    shown = await door.get("officer", f"{PATH}/{answer.json()['id']}")
    assert shown.json() == answer.json()
    assert (await door.get("officer", PATH)).json()["items"][0] == answer.json()


async def test_the_same_statement_is_compared_once_and_changes_nothing(door: Door, desk: StraightDesk) -> None:
    loan_id = await _disbursing(door, desk)
    line = f"{loan_id}-payout-1,settled,100000,USD"
    first = await send(door, line)
    again = await send(door, line, who="admin")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()["status"] == "disbursing"


@pytest.mark.parametrize("header", ["", "a,b,c", "\0", "key"])
async def test_a_file_that_is_no_statement_is_refused_and_the_refusal_recorded(
    door: Door, parts: Parts, header: str
) -> None:
    answer = await send(door, "x", header=header)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:tenor:problem:unreadable-statement")


@pytest.mark.parametrize(
    "period",
    [
        {},
        {"from": "2026-01-01"},
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"from": "2026-01-01", "to": "2026-12-31"},
        {"from": "yesterday", "to": "today"},
        {"from": "2026-01-01", "to": "2026-01-01", "source": "bank"},
    ],
)
async def test_days_that_make_no_sense_are_refused(door: Door, period: dict[str, str]) -> None:
    headers = {**door.people.bearer("operator"), "content-type": "text/csv"}
    answer = await door.http.post(PATH, params=period, content=HEADER, headers=headers)
    assert answer.status_code == 422, answer.text


async def test_reconciling_is_for_operators_and_an_unknown_one_is_not_found(door: Door) -> None:
    assert (await send(door, who="officer")).status_code == 403
    for unknown in (str(uuid4()), "nonsense"):
        answer = await door.get("officer", f"{PATH}/{unknown}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:tenor:problem:unknown-reconciliation")


async def test_the_statement_is_fetched_from_the_rail_when_asked_for(door: Door, parts: Parts) -> None:
    today = datetime.now(UTC).date().isoformat()
    headers = door.people.bearer("operator")
    asked = {"from": today, "to": today, "source": "rail"}
    async with running_sandbox() as sandbox, httpx.AsyncClient() as rail:
        at_sandbox = parts.settings.model_copy(update={"payments_url": sandbox.url})
        body = {"amount_minor": 7, "currency": "USD", "account": "X-0001", "holder": "Ada", "loan_id": "none of ours"}
        await sandbox.ask("POST", "/payouts", key="theirs", json=body)
        app = create_app(at_sandbox, replace(parts, statements=statements(at_sandbox, rail)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tenor.test") as http:
            answer = await http.post(PATH, params=asked, headers=headers)
            assert answer.status_code == 201, answer.text
            assert ("theirs", "not_in_books") in {
                (f["key"], f["difference"]) for f in answer.json()["result"]["findings"]
            }
            await sandbox.switch("payments", down=True)
            away = await http.post(PATH, params=asked, headers=headers)
    assert (away.status_code, away.json()["type"]) == (503, "urn:tenor:problem:provider-unavailable")


async def test_a_payout_that_never_arrived_is_undone_by_review_once_nothing_else_stands_on_the_loan(
    door: Door, desk: StraightDesk, parts: Parts
) -> None:
    loan_id = await _active(door, desk)
    await desk.let_pass(loan_id, datetime.now(UTC) + timedelta(days=40))
    await desk.resolve_payout(loan_id, f"{loan_id}-payout-1", PayoutOutcome.FAILED)
    review, path = {"outcome": "failed", "reason": "the bank never had it"}, f"{ADMIN}/loans/{loan_id}/review-payout"
    stands = await door.post("operator", path, review)
    assert (stands.status_code, stands.json()["type"]) == (409, "urn:tenor:problem:booked-since")
    told = (await door.get("operator", f"{ADMIN}/loans/{loan_id}/transactions")).json()["transactions"]
    (fee,) = (t["number"] for t in told if t["kind"] == "penalty")
    await door.post("operator", f"{ADMIN}/loans/{loan_id}/reversals", {"transaction": fee, "reason": "never paid out"})
    undone = await door.post("operator", path, review)
    assert (undone.status_code, undone.json()["status"]) == (200, "accepted"), undone.text
    loan = (await door.get("operator", f"{ADMIN}/loans/{loan_id}")).json()
    assert (loan["disbursed_on"], loan["balances"]["interest"]["amount"]) == (None, "0.00")
    assert (await door.get("operator", f"{ADMIN}/loans/{loan_id}/schedule")).json()["installments"] == []
    assert (await door.post("operator", f"{ADMIN}/loans/{loan_id}/retry-payout", {})).json()["status"] == "disbursing"
    report = await audit(parts.views._engine)
    assert [answer for answer in report.answers if answer.count] == []


async def test_a_contradicted_payout_is_in_the_queue_until_somebody_has_reviewed_it(
    door: Door, desk: StraightDesk
) -> None:
    loan_id = await _disbursing(door, desk)
    key = f"{loan_id}-payout-1"
    for outcome in (PayoutOutcome.FAILED, PayoutOutcome.SETTLED):
        await desk.resolve_payout(loan_id, key, outcome)
    queued = (await door.get("operator", f"{ADMIN}/queues/operations", limit=200)).json()["items"]
    mine = next(item for item in queued if item["loan_id"] == loan_id)
    assert (mine["troubles"], mine["keys"], mine["status"]) == (["payout_contradicted"], [key], "accepted")
    assert loan_id not in (await door.get("ada the operator", f"{ADMIN}/queues/operations", limit=200)).text
    retried = await door.post("operator", f"{ADMIN}/loans/{loan_id}/retry-payout", {})
    assert retried.status_code == 409
    review = {"outcome": "settled", "reason": "it is on the bank's statement"}
    for bad in ({**review, "outcome": "pending"}, {"outcome": "settled"}, {**review, "who": "me"}):
        assert (await door.post("operator", f"{ADMIN}/loans/{loan_id}/review-payout", bad)).status_code == 422
    reviewed = await door.post("operator", f"{ADMIN}/loans/{loan_id}/review-payout", review)
    assert (reviewed.status_code, reviewed.json()["status"]) == (200, "active"), reviewed.text
    assert loan_id not in (await door.get("operator", f"{ADMIN}/queues/operations", limit=200)).text
    again = await door.post("operator", f"{ADMIN}/loans/{loan_id}/review-payout", review)
    assert again.status_code == 409
