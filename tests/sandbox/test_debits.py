"""Direct debits at the running sandbox, as docs/sandbox.md has them."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest

from sandbox import world
from tests.sandbox.running import Sandbox
from tests.sandbox.test_magic_values import a_payout


def a_debit(account: str = "US000099991234", **more: Any) -> dict[str, Any]:
    return {**a_payout(account), "mandate": "loan-1-mandate-1", **more}


async def draw(sandbox: Sandbox, account: str, key: str = "key-1") -> Any:
    return await sandbox.ask("POST", "/debits", key=key, json=a_debit(account))


async def take_back(sandbox: Sandbox, key: str) -> Any:
    headers = {"authorization": f"Bearer {sandbox.settings.admin_api_key}"}
    return await sandbox.http.post(f"{sandbox.url}/debits/{key}/return", headers=headers)


@pytest.mark.parametrize(
    ("account", "types", "reason"),
    [
        ("X-1234", ["debit.settled"], None),
        ("X-0002", ["debit.failed"], "account_closed"),
        ("X-0010", ["debit.failed", "debit.settled"], None),
        ("X-0021", ["debit.failed"], "insufficient_funds"),
        ("X-0022", ["debit.failed"], "insufficient_funds"),
    ],
)
async def test_a_debit_ends_as_its_account_says(
    sandbox: Sandbox, account: str, types: list[str], reason: str | None
) -> None:
    assert (await draw(sandbox, account)).json()["outcome"] == "pending"
    told = await sandbox.listener.has_heard(len(types))
    assert [event["type"] for event in told] == types
    assert (told[-1]["key"], told[-1]["reason"]) == ("key-1", reason)
    assert told[-1]["reference"].startswith("deb_")


async def test_a_payout_to_an_account_that_cannot_be_drawn_settles(sandbox: Sandbox) -> None:
    await sandbox.ask("POST", "/payouts", json=a_payout("X-0021"))
    assert (await sandbox.listener.has_heard(1))[0]["type"] == "payout.settled"


async def test_a_second_debit_may_settle_and_one_key_draws_once(sandbox: Sandbox) -> None:
    for key in ("a", "b", "b"):
        await draw(sandbox, "X-0022", key)
    assert [event["type"] for event in await sandbox.listener.has_heard(2)] == ["debit.failed", "debit.settled"]
    assert len((await sandbox.ask("GET", "/debits")).json()) == 2


async def test_a_debit_under_an_unknown_mandate_is_refused_and_a_stubborn_one_never_ends(sandbox: Sandbox) -> None:
    refused = await draw(sandbox, "X-0024")
    assert (refused.status_code, refused.json()["code"]) == (422, "mandate_unknown")
    await draw(sandbox, "X-0027", "never")
    await sandbox.listener.hears_no_more(than=0)
    assert (await sandbox.ask("GET", "/debits/never")).json()["outcome"] == "pending"


async def test_some_debits_are_returned_after_they_settled(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "RETURN_SECONDS", 0.1)
    await draw(sandbox, "X-0023")
    told = await sandbox.listener.has_heard(2)
    assert [event["type"] for event in told] == ["debit.settled", "debit.returned"]
    assert told[-1]["reason"] == "refused_by_payer"


async def test_any_settled_debit_can_be_returned_on_request_and_only_once(sandbox: Sandbox) -> None:
    await draw(sandbox, "X-0027", "never")
    assert (await take_back(sandbox, "never")).status_code == 409
    await draw(sandbox, "X-1234")
    await sandbox.listener.has_heard(1)
    assert (await take_back(sandbox, "key-1")).json()["outcome"] == "returned"
    assert (await sandbox.listener.has_heard(2))[1]["type"] == "debit.returned"
    assert (await take_back(sandbox, "key-1")).status_code == 409
    assert (await sandbox.ask("POST", "/debits/key-1/return", key="x")).status_code == 401


async def test_the_statement_has_payouts_and_debits(sandbox: Sandbox) -> None:
    await sandbox.ask("POST", "/payouts", key="out", json=a_payout("X-0001"))
    await sandbox.ask("POST", "/debits", key="in", json=a_debit("X-0001"))
    today = datetime.now(UTC).date()
    file = await sandbox.ask("GET", f"/statement.csv?from={today}&to={today}")
    lines = [(line["kind"], line["key"], line["outcome"]) for line in csv.DictReader(StringIO(file.text))]
    assert lines == [("payout", "out", "settled"), ("debit", "in", "settled")]
