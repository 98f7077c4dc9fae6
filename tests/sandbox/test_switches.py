"""Every switch, and what stands before each provider."""

import time
from typing import Any

import httpx
import pytest

from tests.sandbox.running import Sandbox, running_sandbox
from tests.sandbox.test_magic_values import a_payout, a_person

REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "kyc": ("/kyc/checks", a_person(loan_id="loan-1")),
    "bureau": ("/bureau/reports", a_person(currency="USD")),
    "payments": ("/payouts", a_payout()),
    "notices": ("/notices", {"to": "ana@example.com", "template": "payment_due", "facts": {"due": "2027-03-01"}}),
}
EVERY_PROVIDER = pytest.mark.parametrize("provider", REQUESTS)
WITH_WEBHOOKS = pytest.mark.parametrize("provider", ["kyc", "payments"])


async def request(sandbox: Sandbox, provider: str, key: str = "key-1", **changed: Any) -> httpx.Response:
    path, body = REQUESTS[provider]
    return await sandbox.ask("POST", path, key=key, json={**body, **changed})


@EVERY_PROVIDER
async def test_a_provider_that_is_down_answers_503_and_does_nothing(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, down=True)
    assert (await request(sandbox, provider)).status_code == 503
    await sandbox.switch(provider)
    assert (await request(sandbox, provider)).is_success


@EVERY_PROVIDER
async def test_a_slow_provider_waits_before_it_does_anything(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, slow=0.3)
    began = time.monotonic()
    assert (await request(sandbox, provider)).is_success
    assert time.monotonic() - began >= 0.3


@EVERY_PROVIDER
async def test_a_provider_that_refuses_still_knows_what_it_took_before(sandbox: Sandbox, provider: str) -> None:
    before = await request(sandbox, provider, key="before")
    await sandbox.switch(provider, refuse=True)
    response = await request(sandbox, provider, key="after")
    assert (response.status_code, response.json()) == (422, {"code": "refused"})
    assert (await request(sandbox, provider, key="before")).status_code == before.status_code


@EVERY_PROVIDER
async def test_a_provider_can_do_it_and_withhold_the_answer(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, commit_then_time_out=True)
    assert (await request(sandbox, provider)).status_code == 504
    assert (await request(sandbox, provider)).is_success


@WITH_WEBHOOKS
async def test_a_webhook_can_be_late(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, late_webhook=0.5)
    assert (await request(sandbox, provider)).json()["outcome"] == "pending"
    await sandbox.listener.hears_no_more(than=0)
    await sandbox.listener.has_heard(1)


@WITH_WEBHOOKS
async def test_a_webhook_can_come_three_times(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, duplicate_webhook=True)
    await request(sandbox, provider)
    events = await sandbox.listener.has_heard(3)
    assert events[0] == events[1] == events[2]


@WITH_WEBHOOKS
async def test_a_webhook_can_overtake_the_answer(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, out_of_order=True)
    answer = (await request(sandbox, provider)).json()
    assert len(sandbox.listener.heard) == 1
    assert answer["outcome"] == "pending"


@WITH_WEBHOOKS
async def test_a_webhook_can_be_lost(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, lose_webhook=True)
    await request(sandbox, provider)
    await sandbox.listener.hears_no_more(than=0)
    assert (await request(sandbox, provider)).json()["outcome"] in {"passed", "settled"}


@WITH_WEBHOOKS
async def test_a_provider_can_contradict_itself(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, contradict=True)
    await request(sandbox, provider)
    lie, truth = await sandbox.listener.has_heard(2)
    assert lie["outcome"] == "failed"
    assert truth["outcome"] in {"passed", "settled"}


@WITH_WEBHOOKS
async def test_a_provider_can_never_conclude(sandbox: Sandbox, provider: str) -> None:
    await sandbox.switch(provider, never=True, out_of_order=True)
    await request(sandbox, provider)
    await sandbox.listener.hears_no_more(than=0)
    assert (await request(sandbox, provider)).json()["outcome"] == "pending"


async def test_a_webhook_is_sent_again_until_it_is_taken(sandbox: Sandbox) -> None:
    sandbox.listener.refusals = 2
    await request(sandbox, "payments")
    await sandbox.listener.has_heard(1)
    await sandbox.listener.hears_no_more(than=1)


async def test_a_webhook_that_nobody_takes_is_given_up(sandbox: Sandbox) -> None:
    sandbox.listener.refusals = 3
    await request(sandbox, "payments")
    await sandbox.listener.hears_no_more(than=0, for_seconds=0.5)
    assert sandbox.listener.refusals == 0


async def test_a_webhook_into_the_void_harms_nobody() -> None:
    async with running_sandbox(callback_url="http://127.0.0.1:1") as sandbox:
        assert (await request(sandbox, "payments")).is_success
        await sandbox.listener.hears_no_more(than=0)
        [line] = await sandbox.statement()
        assert line["outcome"] == "settled"


@EVERY_PROVIDER
async def test_one_key_is_one_question(sandbox: Sandbox, provider: str) -> None:
    first = await request(sandbox, provider)
    assert first.is_success
    changed = {"template": "another"} if provider == "notices" else {}
    changed |= {"country": "CA"} if provider in {"kyc", "bureau"} else {}
    changed |= {"account": "US7777"} if provider == "payments" else {}
    response = await request(sandbox, provider, **changed)
    assert (response.status_code, response.json()) == (422, {"code": "idempotency_key_reused"})


async def test_one_key_pays_once(sandbox: Sandbox) -> None:
    for _ in range(3):
        await request(sandbox, "payments", key="one")
    await request(sandbox, "payments", key="another")
    assert [line["key"] for line in await sandbox.statement()] == ["one", "another"]


async def test_the_statement_can_be_that_of_one_loan(sandbox: Sandbox) -> None:
    await request(sandbox, "payments", key="one")
    await request(sandbox, "payments", key="another", loan_id="loan-2")
    [line] = (await sandbox.ask("GET", "/payouts?loan_id=loan-2")).json()
    assert (line["key"], line["amount_minor"], line["currency"]) == ("another", 100_000, "USD")
    assert line["account_ending"] == "1234"


async def test_notices_can_be_counted(sandbox: Sandbox) -> None:
    for _ in range(2):
        await request(sandbox, "notices")
    assert (await sandbox.ask("GET", "/notices?to=nobody@example.com")).json() == []
    [notice] = (await sandbox.ask("GET", "/notices?to=ana@example.com")).json()
    assert (notice["template"], notice["facts"]) == ("payment_due", {"due": "2027-03-01"})


@pytest.mark.parametrize("path", ["/kyc/checks/nobody", "/payouts/nobody"])
async def test_a_key_that_was_never_used_is_unknown(sandbox: Sandbox, path: str) -> None:
    response = await sandbox.ask("GET", path)
    assert (response.status_code, response.json()) == (404, {"code": "unknown_key"})


@pytest.mark.parametrize("path", ["/kyc/checks/k", "/payouts", "/payouts/k", "/notices", "/switches"])
async def test_nothing_opens_without_the_api_key(sandbox: Sandbox, path: str) -> None:
    another_s = sandbox.settings.bureau_api_key
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Bearer {another_s}"}):
        response = await sandbox.http.get(sandbox.url + path, headers=headers)
        assert (response.status_code, response.json()) == (401, {"code": "unauthorized"})


async def test_a_request_that_makes_no_sense_is_not_repeated_in_the_answer(sandbox: Sandbox) -> None:
    response = await request(sandbox, "payments", amount_minor=-1, holder="")
    assert response.status_code == 422
    assert response.json() == {"code": "invalid_request", "fields": ["body.amount_minor", "body.holder"]}


async def test_switches_are_shown_and_replaced_as_a_whole(sandbox: Sandbox) -> None:
    await sandbox.switch("kyc", slow=1, down=True)
    await sandbox.switch("kyc", refuse=True)
    shown = (await sandbox.ask("GET", "/switches")).json()
    assert set(shown) == {"kyc", "bureau", "payments", "notices"}
    assert {name for name, value in shown["kyc"].items() if value} == {"refuse"}


@pytest.mark.parametrize(
    ("provider", "behaviour"),
    [("kyc", {"unheard_of": True}), ("kyc", {"slow": -1}), ("bureau", {"never": True}), ("nobody", {})],
)
async def test_a_switch_that_means_nothing_is_refused(
    sandbox: Sandbox, provider: str, behaviour: dict[str, object]
) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        await sandbox.switch(provider, **behaviour)


async def test_it_is_healthy_from_the_start(sandbox: Sandbox) -> None:
    assert (await sandbox.http.get(f"{sandbox.url}/healthz")).json() == {"status": "ok"}
