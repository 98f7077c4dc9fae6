"""Notices, from the outbox of real books to the sandbox's sender, over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.notices import Notice, NoticeEvent
from domain.ports import Notifier
from infrastructure.events.cloud_event import LoanEvent
from infrastructure.events.notices import NoticeSender
from infrastructure.events.sending import Answer
from infrastructure.keys.provider import KeysUnavailable
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.erasure import EraseCustomer, Erasure
from infrastructure.postgres.event_deliveries import Redeliver
from infrastructure.postgres.event_endpoints import NOTIFIER
from infrastructure.postgres.notices import Notices
from infrastructure.postgres.products import Products
from infrastructure.providers.connection import ProviderConnection
from infrastructure.providers.notifier import HttpNotifier
from infrastructure.settings import Settings
from tests.fakes import product
from tests.infrastructure.events.conftest import Listener, Post
from tests.infrastructure.events.test_relay import DISBURSED
from tests.infrastructure.postgres.conftest import NOON, Plant, customer, plant
from tests.keys import data_keys
from tests.log_lines import logging_to_lines
from tests.sandbox.conftest import one_sandbox, sandbox
from tests.sandbox.running import Sandbox

__all__ = ["one_sandbox", "plant", "sandbox"]  # fixtures

BAD_SCORE = 300
TOLD = tuple(
    Notice(event=NoticeEvent(event), template=template, bucket=bucket)
    for event, template, bucket in (
        ("offer_made", "your-offer", None),
        ("application_declined", "declined", None),
        ("loan_disbursed", "paid-out", None),
        ("payment_reminder", "due-soon", None),
        ("delinquency_changed", "a-month-late", "30-59"),
    )
)


@dataclass
class Mail:
    """A post office that also sends notices, to the sandbox. `told` is a product with notices."""

    post: Post
    sandbox: Sandbox
    notifier: Notifier

    async def sent(self) -> list[dict[str, Any]]:
        notices: list[dict[str, Any]] = (await self.sandbox.ask("GET", "/notices")).json()
        return notices

    async def templates(self) -> list[str]:
        return [notice["template"] for notice in await self.sent()]

    async def has_sent(self, *templates: str) -> bool:
        return await self.templates() == list(templates)

    async def states(self) -> list[tuple[str, str, str | None]]:
        """Type, state and error of each notice that was ever due."""
        page = await self.post.deliveries.page(str(NOTIFIER), limit=200)
        return [(row.type.removeprefix("tenor.loan."), row.state, row.error) for row in page.items]

    async def error_is(self, error: str) -> bool:
        return error in {told for _, _, told in await self.states()}

    async def redeliver(self, **which: Any) -> int:
        command = Redeliver(operation_id=self.post.bank.key(), actor="operator", endpoint_id=str(NOTIFIER), **which)
        return await self.post.deliveries.redeliver(command, NOON)


@pytest.fixture
async def mail(post: Post, sandbox: Sandbox) -> AsyncIterator[Mail]:
    await Products(post.engine).create(product(code="told", notices=TOLD), NOON)
    async with httpx.AsyncClient() as http:
        api_key = sandbox.settings.api_key("notices")
        connection = ProviderConnection(
            name="notifier", base_url=sandbox.url, api_key=api_key, http=http, timeout_seconds=0.3
        )
        yield Mail(post, sandbox, HttpNotifier(connection, Customers(post.engine, data_keys(post.engine))))


async def test_a_borrower_is_told_what_the_product_says_and_nothing_else(mail: Mail) -> None:
    loan_id = await mail.post.bank.disbursed(product_code="told")
    await mail.post.bank.disbursed()  # its product has no notices
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: mail.has_sent("your-offer", "paid-out"))
    first, second = await mail.sent()
    assert first["to"] == second["to"] == "ada@example.org"
    assert second["key"] == f"{loan_id}/{DISBURSED}"
    assert {name: second["facts"][name] for name in ("amount", "loan_id", "time")} == {
        "amount": "1200.00 USD",
        "loan_id": loan_id,
        "time": "2026-01-15T12:00:00Z",
    }
    assert await mail.states() == [("offer_made", "delivered", None), ("loan_disbursed", "delivered", None)]


async def test_a_template_is_told_no_reason_and_no_person(mail: Mail) -> None:
    await mail.post.bank.underwrite(await mail.post.bank.apply(product_code="told"), score=BAD_SCORE)
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: mail.has_sent("declined"))
    [notice] = await mail.sent()
    assert set(notice["facts"]) == {"loan_id", "time"}


async def test_a_reminder_names_amount_and_day_and_a_bucket_has_its_own_notice(mail: Mail) -> None:
    loan_id = await mail.post.bank.disbursed(product_code="told")
    await mail.post.bank.pay(mail.post.bank.payment(loan_id), days=62)
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: mail.has_sent(*"your-offer paid-out due-soon due-soon a-month-late".split()))
    reminder = (await mail.sent())[2]["facts"]
    assert {name: reminder[name] for name in ("installment", "amount", "due_date")} == {
        "installment": "1",
        "amount": "106.62 USD",
        "due_date": "2026-02-15",
    }
    assert [event for event, _, _ in await mail.states()].count("delinquency_changed") == 1  # not 1-29


async def test_while_the_sender_is_away_notices_wait_and_then_each_is_sent_once(mail: Mail) -> None:
    await mail.sandbox.switch("notices", down=True)
    await mail.post.bank.disbursed(product_code="told")
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: mail.error_is("notifier: HTTP 503"))
        assert [state for _, state, _ in await mail.states()] == ["pending", "pending"]
        await mail.sandbox.switch("notices")
        await mail.post.let_pass(hours=1)
        await mail.post.until(lambda: mail.has_sent("your-offer", "paid-out"))


async def test_a_notice_whose_answer_was_lost_is_sent_once(mail: Mail) -> None:
    await mail.sandbox.switch("notices", commit_then_time_out=True)
    await mail.post.bank.disbursed(product_code="told")
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: mail.error_is("notifier: no answer within 0.3 seconds"))
        await mail.sandbox.switch("notices")
        await mail.post.let_pass(hours=1)
        await mail.post.until(lambda: mail.has_sent("your-offer", "paid-out"))


async def test_what_a_dead_relay_had_sent_is_not_sent_again_by_another(mail: Mail) -> None:
    await mail.post.bank.disbursed(product_code="told")
    await mail.post.endpoints.configure_notifier("https://notices.example", NOON)
    await mail.post.deliveries.hand_out()
    [claim] = await mail.post.deliveries.claim(str(NOTIFIER), 10)
    endpoint = await mail.post.endpoints.endpoint(str(NOTIFIER), NOON)
    await NoticeSender(Notices(mail.post.engine), mail.notifier).send(endpoint, claim.event)
    await mail.post.let_pass(hours=1)
    async with mail.post.relay(notifier=mail.notifier), mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: mail.has_sent("your-offer", "paid-out"))


async def test_what_the_sender_refuses_is_a_dead_letter_at_once_and_sent_on_request(mail: Mail) -> None:
    await mail.sandbox.switch("notices", refuse=True)
    loan_id = await mail.post.bank.disbursed(product_code="told")
    refused = [(event, "dead", "refused") for event in ("offer_made", "loan_disbursed")]
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: _are(mail, refused))
        await mail.sandbox.switch("notices")
        assert await mail.redeliver() == 2
        await mail.post.until(lambda: mail.has_sent("your-offer", "paid-out"))
        assert await mail.redeliver(loan_id=loan_id, sequence=DISBURSED) == 1
        await mail.post.until(
            lambda: _are(mail, [("offer_made", "delivered", None), ("loan_disbursed", "delivered", None)])
        )
    assert await mail.has_sent("your-offer", "paid-out")


async def _are(mail: Mail, states: Sequence[tuple[str, str, str | None]]) -> bool:
    return await mail.states() == states


async def test_who_was_erased_is_told_nothing_and_holds_up_nobody(mail: Mail) -> None:
    bank, eve = mail.post.bank, customer(str(uuid4()), email="eve@example.org")
    await Customers(bank.engine, data_keys(bank.engine)).create(eve, NOON)
    declined = await bank.apply(product_code="told", customer_id=eve.customer_id, actor=eve.customer_id)
    await bank.underwrite(declined, score=BAD_SCORE)
    wish = EraseCustomer(operation_id="erase", actor="admin", customer_id=eve.customer_id, reason="asked")
    await Erasure(bank.engine).erase(wish, NOON)
    await bank.disbursed(product_code="told")
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: mail.has_sent("your-offer", "paid-out"))
        await mail.post.until(lambda: mail.error_is("customer_erased"))
    assert ("application_declined", "withheld", "customer_erased") in await mail.states()
    assert await mail.redeliver() == 0  # it is no dead letter


async def test_an_address_that_does_not_open_is_a_dead_letter_and_holds_up_nobody(mail: Mail, plant: Plant) -> None:
    bank, stranger = mail.post.bank, customer(str(uuid4()), email="eve@example.org")
    await Customers(bank.engine, data_keys(bank.engine)).create(stranger, NOON)
    await bank.underwrite(await bank.apply(product_code="told", customer_id=stranger.customer_id))
    plant(f"DELETE FROM customer_keys WHERE customer_id = '{stranger.customer_id}'")  # noqa: S608
    await bank.disbursed(product_code="told")
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: mail.has_sent("your-offer", "paid-out"))
        await mail.post.until(lambda: mail.error_is("address_unreadable"))
    assert ("offer_made", "dead", "address_unreadable") in await mail.states()


async def test_a_notice_waits_for_who_holds_the_keys(mail: Mail) -> None:
    @dataclass
    class Locked:
        """A notifier that can't open an address, until it can."""

        locked: bool = True

        async def notify(self, **what: Any) -> None:
            if self.locked:
                raise KeysUnavailable("Vault is away: ConnectError")
            await mail.notifier.notify(**what)

    notifier = Locked()
    await mail.post.bank.disbursed(product_code="told")
    async with mail.post.relay(notifier=notifier):
        await mail.post.until(lambda: mail.error_is("Vault is away: ConnectError"))
        notifier.locked = False
        await mail.post.let_pass(hours=1)
        await mail.post.until(lambda: mail.has_sent("your-offer", "paid-out"))


async def test_what_an_older_relay_handed_out_for_nothing_is_withheld(mail: Mail) -> None:
    event = LoanEvent(
        loan_id=await mail.post.bank.apply(), sequence=1, name="offer_made", at=NOON, data={"details": {}}
    )
    await mail.post.endpoints.configure_notifier("https://notices.example", NOON)
    endpoint = await mail.post.endpoints.endpoint(str(NOTIFIER), NOON)
    answer = await NoticeSender(Notices(mail.post.engine), mail.notifier).send(endpoint, event)
    assert answer == Answer(error="not_in_product", ends_as="withheld")
    assert await mail.sent() == []


async def test_a_sender_that_is_away_holds_up_no_webhook(mail: Mail, listener: Listener) -> None:
    await mail.sandbox.switch("notices", down=True)
    await mail.post.subscribe(listener.url)
    await mail.post.bank.disbursed(product_code="told")
    async with mail.post.relay(notifier=mail.notifier):
        await mail.post.until(lambda: len(listener.heard) == DISBURSED)
    assert [state for _, state, _ in await mail.states()] == ["pending", "pending"]


async def test_no_log_line_and_no_row_names_the_address(mail: Mail, settings: Settings) -> None:
    await mail.post.bank.apply(product_code="told")
    with logging_to_lines(settings) as lines:
        await mail.sandbox.switch("notices", refuse=True)
        await mail.post.bank.disbursed(product_code="told")
        async with mail.post.relay(notifier=mail.notifier):
            await mail.post.until(lambda: mail.error_is("refused"))
            await asyncio.sleep(0.1)
    assert lines.of("an event became a dead letter")
    kept = str(await mail.post.bank.rows("SELECT * FROM event_deliveries, outbox, event_endpoints"))
    assert "ada@" not in lines.getvalue() + kept
