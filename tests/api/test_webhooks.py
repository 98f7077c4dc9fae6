"""Providers at the door: believed when they sign, and never more than that."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook

from domain.evidence import (
    Aspect,
    AspectCheck,
    IdentityOutcome,
    IdentityResult,
    PayoutOutcome,
    PayoutResult,
    verification_key,
)
from tests.api.conftest import KYC_SECRET, PAYMENTS_SECRET, Door
from tests.api.desk import StraightDesk

SECRETS = {"kyc": KYC_SECRET, "payments": PAYMENTS_SECRET}


async def _tell(
    door: Door, provider: str, event: Mapping[str, object], *, secret: str | None = None, age: timedelta = timedelta()
) -> httpx.Response:
    body, sent_at = json.dumps(event), datetime.now(UTC) - age
    headers = {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret or SECRETS[provider]).sign("msg_1", sent_at, body),
    }
    return await door.http.post(f"/api/v1/webhooks/{provider}", content=body, headers=headers)


def _checked(loan_id: str) -> dict[str, object]:
    key = verification_key(loan_id)
    return {"type": "identity.checked", "loan_id": loan_id, "key": key, "reference": "r", "outcome": "passed"}


async def test_a_signed_word_reaches_the_loan_as_often_as_it_is_said(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply("ada")
    for _ in range(2):
        assert (await _tell(door, "kyc", _checked(loan_id))).status_code == 204
    failed = {"type": "payout.failed", "loan_id": loan_id, "key": "p", "outcome": "failed", "reason": "account_closed"}
    assert (await _tell(door, "payments", failed)).status_code == 204
    key = verification_key(loan_id)
    passed = IdentityResult(outcome=IdentityOutcome.PASSED, reference="r", key=key)
    assert [told for told in desk.told if told[0] == loan_id] == [
        (loan_id, passed),
        (loan_id, passed),
        (loan_id, PayoutResult(outcome=PayoutOutcome.FAILED, key="p", reason="account_closed")),
    ]


async def test_nobody_but_the_provider_is_believed(door: Door) -> None:
    loan_id = await door.apply("ada")
    forged = await _tell(door, "kyc", _checked(loan_id), secret="whsec_Zm9yZ2Vk")
    swapped = await _tell(door, "kyc", _checked(loan_id), secret=PAYMENTS_SECRET)
    old = await _tell(door, "kyc", _checked(loan_id), age=timedelta(minutes=6))
    bare = await door.http.post("/api/v1/webhooks/kyc", json=_checked(loan_id))
    for answer in (forged, swapped, old, bare):
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:tenor:problem:webhook-not-authentic")


@pytest.mark.parametrize("loan_id", ["00000000-0000-4000-8000-000000000000", "nonsense"])
async def test_a_word_about_an_unknown_loan_is_a_404(door: Door, loan_id: str) -> None:
    assert (await _tell(door, "kyc", _checked(loan_id))).status_code == 404


async def test_a_signed_word_that_means_nothing_is_a_422(door: Door) -> None:
    another = {**_checked("x"), "key": verification_key("y")}
    for event in ({}, {"type": "identity.checked"}, {**_checked("x"), "type": "payout.settled"}, another):
        assert (await _tell(door, "kyc", event)).status_code == 422


async def test_an_unknown_provider_is_a_404(door: Door) -> None:
    assert (await door.http.post("/api/v1/webhooks/nobody", json={})).status_code == 404


async def test_an_engine_that_is_away_is_told_again_later(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply("ada")
    desk.away = True
    assert (await _tell(door, "kyc", _checked(loan_id))).status_code == 503


async def test_an_aspect_that_is_told_by_itself_reaches_the_loan(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply("ada")
    event = {**_checked(loan_id), "type": "identity.check_concluded", "aspect": "sanctions", "outcome": "failed"}
    assert (await _tell(door, "kyc", {**event, "reasons": ["sanctions_possible_match"]})).status_code == 204
    check = AspectCheck(aspect=Aspect.SANCTIONS, outcome=IdentityOutcome.FAILED, reasons=("sanctions_possible_match",))
    key = verification_key(loan_id)
    said = IdentityResult(outcome=IdentityOutcome.PENDING, reference="r", key=key, checks=(check,))
    assert desk.told[-1] == (loan_id, said)


async def _last_refusal(engine: AsyncEngine) -> tuple[str, str, str | None]:
    """Of those until now: other tests' loans live ahead of us."""
    asked = text("""
        SELECT actor, reason, loan_id::text FROM audit WHERE action = 'refused' AND at <= now() ORDER BY at DESC LIMIT 1
    """)
    async with engine.connect() as connection:
        actor, reason, loan_id = (await connection.execute(asked)).one()
    return actor, reason.partition(":")[0], loan_id


async def test_what_comes_after_the_loan_is_over_is_taken_and_on_record(
    door: Door, desk: StraightDesk, engine: AsyncEngine
) -> None:
    loan_id = await door.apply("ada")
    desk.over.add(loan_id)
    assert (await _tell(door, "kyc", _checked(loan_id))).status_code == 204
    assert await _last_refusal(engine) == ("kyc", "NotAllowedNow", loan_id)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"loan_id": "00000000-0000-4000-8000-000000000000"}, "UnknownLoan"),
        ({"loan_id": "'; DROP TABLE loans; --"}, "InvalidRequest"),
        ({"reference": "{{7*7}}\n"}, "InvalidRequest"),
        ({"outcome": "PASSED"}, "InvalidRequest"),
        ({"outcome": True}, "InvalidRequest"),
        ({"outcome": "pending"}, "InvalidRequest"),
        ({"key": "../../etc/passwd"}, "InvalidRequest"),
        ({"reasons": ["x"] * 33}, "InvalidRequest"),
        ({"reasons": ["Ada Byron was here"]}, "InvalidRequest"),
        ({"checks": [{"aspect": "soul", "outcome": "passed"}]}, "InvalidRequest"),
        ({"checks": [{"aspect": "document", "outcome": "passed"}] * 4}, "InvalidRequest"),
        ({"documents_expire_on": "soon"}, "InvalidRequest"),
        ({"type": "identity.check_concluded"}, "InvalidRequest"),
    ],
)
async def test_a_signed_word_that_nobody_can_use_is_refused_by_name_and_on_record(
    door: Door, desk: StraightDesk, engine: AsyncEngine, wrong: dict[str, object], reason: str
) -> None:
    loan_id = await door.apply("ada")
    event = {**_checked(str(wrong.get("loan_id", loan_id))), **wrong}
    heard = len(desk.told)
    answer = await _tell(door, "kyc", event)
    assert answer.status_code == (404 if reason == "UnknownLoan" else 422), answer.text
    assert len(desk.told) == heard
    assert await _last_refusal(engine) == ("kyc", reason, None)


async def test_a_webhook_that_is_too_large_is_not_read(door: Door) -> None:
    answer = await _tell(door, "kyc", {**_checked("x"), "more": "x" * 300 * 1024})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:tenor:problem:content-too-large")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"\xff\xfe", b"{" * 100_000, b'{"type": NaN}'])
async def test_a_body_that_is_none_is_refused_however_well_it_is_signed(door: Door, body: bytes) -> None:
    sent_at = datetime.now(UTC)
    signature = Webhook(KYC_SECRET).sign("msg_1", sent_at, body.decode("latin-1"))
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": signature,
    }
    answer = await door.http.post("/api/v1/webhooks/kyc", content=body, headers=headers)
    assert answer.status_code in {401, 422}, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1," + "A" * 5000},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-timestamp": "tomorrow"},
        {"webhook-timestamp": "99999999999999999999"},
        {"webhook-timestamp": "-1"},
        {"webhook-id": "another"},
        {"webhook-id": ""},
    ],
)
async def test_a_signature_that_is_not_of_this_message_is_none(door: Door, headers: dict[str, str]) -> None:
    loan_id = await door.apply("ada")
    sent_at, body = datetime.now(UTC), json.dumps(_checked(loan_id))
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(KYC_SECRET).sign("msg_1", sent_at, body),
    }
    answer = await door.http.post("/api/v1/webhooks/kyc", content=body, headers={**signed, **headers})
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:tenor:problem:webhook-not-authentic")
