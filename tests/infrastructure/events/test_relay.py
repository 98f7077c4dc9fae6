"""The relay, from the outbox of real books to a real server."""

import asyncio
import json

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from infrastructure.postgres.event_deliveries import Redeliver
from infrastructure.postgres.event_endpoints import RotateSecret, SwitchEndpoint
from tests.infrastructure.events.conftest import Event, Listener, Post, listening
from tests.infrastructure.postgres.conftest import NOON

DISBURSED = 7  # events of a loan until its money is out


async def test_every_fact_is_told_in_order_as_a_signed_cloud_event(post: Post, listener: Listener) -> None:
    _, secret = await post.subscribe(listener.url)
    loan_id = await post.bank.disbursed()
    facts = [row.type for row in await post.bank.rows("SELECT type FROM outbox ORDER BY sequence")]
    async with post.relay():
        await post.until(lambda: len(listener.heard) == len(facts))
    assert [event["type"] for event in listener.heard] == [f"tenor.loan.{fact}" for fact in facts]
    assert listener.of_loans == {loan_id: list(range(1, len(facts) + 1))}
    first = listener.heard[0]
    assert {name: first[name] for name in ("specversion", "id", "source", "subject", "sequence", "time")} == {
        "specversion": "1.0",
        "id": f"{loan_id}/1",
        "source": "urn:tenor",
        "subject": loan_id,
        "sequence": "0000000001",
        "time": "2026-01-15T12:00:00Z",
    }
    for headers, body in zip(listener.headers, listener.bodies, strict=True):
        assert Webhook(secret).verify(body, headers) == json.loads(body)
        assert headers["webhook-id"] == json.loads(body)["id"]
        assert headers["content-type"] == "application/cloudevents+json"


async def test_an_event_holds_no_personal_data_and_nothing_that_a_person_wrote(post: Post, listener: Listener) -> None:
    await post.subscribe(listener.url)
    loan_id = await post.bank.disbursed()
    payment = post.bank.payment(loan_id)
    await post.bank.pay(payment)
    async with post.relay():
        await post.until(lambda: any(event["type"].endswith("payment_received") for event in listener.heard))
    told = b"".join(listener.bodies).decode()
    for private in ("Ada", "Lovelace", "ada@example.org", "1990", "US-1"):
        assert private not in told
    assert set(listener.heard[0]["data"]) == {"actor", "details"}


async def test_an_endpoint_hears_only_what_it_asked_for(post: Post, listener: Listener) -> None:
    await post.subscribe(listener.url, "tenor.loan.loan_disbursed", "tenor.loan.offer_made")
    await post.bank.disbursed()
    async with post.relay():
        await post.until(lambda: len(listener.heard) == 2)
        await asyncio.sleep(0.1)
    assert [event["type"] for event in listener.heard] == ["tenor.loan.offer_made", "tenor.loan.loan_disbursed"]


async def test_an_event_that_is_not_taken_holds_up_its_own_queue_alone(post: Post, listener: Listener) -> None:
    def but_the_third(event: Event) -> int:
        return 503 if (event["subject"], event["sequence"]) == (first, "0000000003") else 200

    first, second = await post.bank.apply(), await post.bank.apply()
    await post.bank.underwrite(first)
    await post.bank.underwrite(second)
    async with listening() as other:
        await post.subscribe(listener.url)
        await post.subscribe(other.url)
        listener.answer = but_the_third
        async with post.relay():
            await post.until(lambda: len(other.heard) == 8 and len(listener.heard) == 6)
    assert listener.of_loans == {first: [1, 2], second: [1, 2, 3, 4]}


async def test_what_was_not_taken_is_tried_again_before_anything_that_follows(post: Post, listener: Listener) -> None:
    await post.subscribe(listener.url)
    loan_id = await post.bank.disbursed()
    refusals = iter([500, 302, 429])
    listener.answer = lambda event: next(refusals, 200)
    async with post.relay():
        for _ in range(3):
            await post.until(lambda: _attempts_failed(post))
            await post.let_pass(hours=1)
        await post.until(lambda: len(listener.heard) >= DISBURSED)
    assert listener.of_loans[loan_id] == sorted(listener.of_loans[loan_id])
    assert listener.of_loans[loan_id][0] == 1


async def _attempts_failed(post: Post) -> bool:
    return bool(await post.bank.rows("SELECT 1 FROM event_deliveries WHERE error IS NOT NULL"))


async def test_after_three_days_it_is_a_dead_letter_and_is_told_again_on_request(
    post: Post, listener: Listener
) -> None:
    endpoint, _ = await post.subscribe(listener.url)
    loan_id = await post.bank.apply()
    listener.answer = lambda event: 500
    async with post.relay():
        for _ in range(12):
            await post.until(lambda: _attempts_failed_or_dead(post, endpoint))
            await post.let_pass(hours=12)
        assert await post.states(endpoint) == ["dead"]
        dead = (await post.deliveries.page(endpoint, state="dead")).items[0]
        assert (dead.status_code, dead.error) == (500, "http_500")
        assert dead.attempts == 7
        listener.answer = lambda event: 200
        again = Redeliver(operation_id=post.bank.key(), actor="operator", endpoint_id=endpoint)
        assert await post.deliveries.redeliver(again, NOON) == 1
        await post.until(lambda: listener.heard)
        one = Redeliver(operation_id="one", actor="operator", endpoint_id=endpoint, loan_id=loan_id, sequence=1)
        await post.until(lambda: _is_delivered(post, endpoint))
        assert await post.deliveries.redeliver(one, NOON) == 1
        assert await post.deliveries.redeliver(one, NOON) == 0
        await post.until(lambda: len(listener.heard) == 2)
    assert listener.heard[0] == listener.heard[1]


async def _attempts_failed_or_dead(post: Post, endpoint: str) -> bool:
    return await _attempts_failed(post) or await post.states(endpoint) == ["dead"]


async def _is_delivered(post: Post, endpoint: str) -> bool:
    return await post.states(endpoint) == ["delivered"]


async def test_several_relays_tell_every_event_once_and_each_loan_in_order(post: Post, listener: Listener) -> None:
    await post.subscribe(listener.url)
    async with post.relay(), post.relay(), post.relay():
        loans = await asyncio.gather(*(post.bank.disbursed() for _ in range(6)))
        await post.until(lambda: len(listener.heard) == 6 * DISBURSED)
    assert listener.of_loans == {loan_id: list(range(1, DISBURSED + 1)) for loan_id in loans}


async def test_what_a_relay_had_claimed_when_it_died_is_told_by_another(post: Post, listener: Listener) -> None:
    endpoint, _ = await post.subscribe(listener.url)
    await post.bank.apply()
    await post.deliveries.hand_out()
    claimed = await post.deliveries.claim(endpoint, 10)
    assert len(claimed) == 1
    async with post.relay():
        await asyncio.sleep(0.2)
        assert listener.heard == []
        await post.let_pass(hours=1)
        await post.until(lambda: len(listener.heard) == 1)
    await post.deliveries.failed(claimed[0], 500, "too late")
    assert await post.states(endpoint) == ["delivered"]


async def test_while_a_secret_is_replaced_both_sign_and_later_only_the_new_one(post: Post, listener: Listener) -> None:
    endpoint, old = await post.subscribe(listener.url)
    rotate = RotateSecret(operation_id="rotation", actor="admin", endpoint_id=endpoint, overlap_hours=24)
    now = (await post.bank.rows("SELECT now() AS now"))[0].now
    new = await post.endpoints.rotate(rotate, now)
    assert new
    assert await post.endpoints.rotate(rotate, now) is None
    await post.bank.apply()
    async with post.relay():
        await post.until(lambda: len(listener.heard) == 1)
        for secret in (old, new):
            Webhook(secret).verify(listener.bodies[0], listener.headers[0])
        at_once = RotateSecret(operation_id="at once", actor="admin", endpoint_id=endpoint, overlap_hours=0)
        newest = await post.endpoints.rotate(at_once, now)
        await asyncio.sleep(0.1)
        await post.bank.apply()
        await post.until(lambda: len(listener.heard) == 2)
    assert newest
    Webhook(newest).verify(listener.bodies[1], listener.headers[1])
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(listener.bodies[1], listener.headers[1])


async def test_a_disabled_endpoint_is_told_nothing_until_it_is_enabled(post: Post, listener: Listener) -> None:
    endpoint, _ = await post.subscribe(listener.url)
    await post.bank.apply()
    await post.deliveries.hand_out()
    off = SwitchEndpoint(operation_id="off", actor="admin", endpoint_id=endpoint, enabled=False)
    await post.endpoints.switch(off, NOON)
    async with post.relay():
        await asyncio.sleep(0.2)
        assert listener.heard == []
        on = SwitchEndpoint(operation_id="on", actor="admin", endpoint_id=endpoint, enabled=True)
        await post.endpoints.switch(on, NOON)
        await post.until(lambda: len(listener.heard) == 1)


async def test_a_redirect_is_not_followed(post: Post, listener: Listener) -> None:
    endpoint, _ = await post.subscribe(listener.url)
    await post.bank.apply()
    listener.answer = lambda event: 302
    async with post.relay():
        await post.until(lambda: _attempts_failed(post))
    assert listener.heard == []
    assert (await post.deliveries.page(endpoint)).items[0].error == "http_302"


async def test_nothing_goes_to_this_machine_unless_a_setting_allows_it(post: Post, listener: Listener) -> None:
    urls = (listener.url, listener.url.replace("127.0.0.1", "localhost"), listener.url.replace("127.0.0.1", "127.1"))
    endpoints = [(await post.subscribe(url))[0] for url in urls]
    await post.bank.apply()
    async with post.relay(allow_private=False):
        await post.until(lambda: _all_failed(post, len(urls)))
    assert listener.heard == []
    for endpoint in endpoints:
        assert (await post.deliveries.page(endpoint)).items[0].error == "address_not_public"


async def _all_failed(post: Post, count: int) -> bool:
    rows = await post.bank.rows("SELECT 1 FROM event_deliveries WHERE error IS NOT NULL")
    return len(rows) == count
