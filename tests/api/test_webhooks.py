"""Providers at the door: believed when they sign, and never more than that."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook

from domain.evidence import IdentityOutcome, IdentityResult, PayoutOutcome, PayoutResult, verification_key
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
    assert [told for told in desk.told if told[0] == loan_id] == [
        (loan_id, IdentityResult(outcome=IdentityOutcome.PASSED, reference="r")),
        (loan_id, IdentityResult(outcome=IdentityOutcome.PASSED, reference="r")),
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
