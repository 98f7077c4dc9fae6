"""Every row of the tables in docs/sandbox.md, asked of the running sandbox."""

from typing import Any

import pytest

from tests.sandbox.running import Sandbox


def a_person(family_name: str = "Garcia", **more: str) -> dict[str, str]:
    born = {"date_of_birth": "1990-05-17", "country": "US"}
    return {"given_name": "Ana", "family_name": family_name, **born, **more}


def a_payout(account: str = "US000099991234", **more: Any) -> dict[str, Any]:
    return {
        "amount_minor": 100_000,
        "currency": "USD",
        "account": account,
        "holder": "Ana Garcia",
        "loan_id": "loan-1",
        **more,
    }


async def check(sandbox: Sandbox, family_name: str) -> dict[str, Any]:
    body = a_person(family_name, loan_id="loan-1")
    answer: dict[str, Any] = (await sandbox.ask("POST", "/kyc/checks", json=body)).json()
    return answer


@pytest.mark.parametrize(
    ("family_name", "outcome", "reasons"),
    [
        ("Garcia", "passed", []),
        ("Mismatch", "failed", ["document_mismatch"]),
        ("Sanctioned", "needs_person", ["sanctions_possible_match"]),
        ("garcia mismatch", "failed", ["document_mismatch"]),
    ],
)
async def test_an_identity_check_is_answered_at_once(
    sandbox: Sandbox, family_name: str, outcome: str, reasons: list[str]
) -> None:
    answer = await check(sandbox, family_name)
    assert (answer["outcome"], answer["reasons"]) == (outcome, reasons)
    await sandbox.listener.hears_no_more(than=0, for_seconds=0.15)


@pytest.mark.parametrize(
    ("family_name", "outcome", "reasons"),
    [
        ("Later", "passed", []),
        ("Later-Mismatch", "failed", ["document_mismatch"]),
        ("Later-Sanctioned", "needs_person", ["sanctions_possible_match"]),
    ],
)
async def test_some_identity_checks_are_pending_and_told_later(
    sandbox: Sandbox, family_name: str, outcome: str, reasons: list[str]
) -> None:
    assert (await check(sandbox, family_name))["outcome"] == "pending"
    [event] = await sandbox.listener.has_heard(1)
    assert event["type"] == "identity.checked"
    assert (event["loan_id"], event["key"]) == ("loan-1", "key-1")
    assert (event["outcome"], event["reasons"]) == (outcome, reasons)
    so_far = (await sandbox.ask("GET", "/kyc/checks/key-1")).json()
    assert so_far == await check(sandbox, family_name)
    assert so_far["outcome"] == outcome


@pytest.mark.parametrize(
    ("family_name", "outcome", "aspect", "reasons"),
    [
        ("Sanctioned", "needs_person", "sanctions", ["sanctions_possible_match"]),
        ("Spoofed", "failed", "liveness", ["liveness_failed"]),
        ("Outdated", "needs_person", "document", ["document_expired"]),
    ],
)
async def test_an_identity_check_says_which_aspect_its_outcome_comes_from(
    sandbox: Sandbox, family_name: str, outcome: str, aspect: str, reasons: list[str]
) -> None:
    checks = {one.pop("aspect"): one for one in (await check(sandbox, family_name))["checks"]}
    assert checks.pop(aspect) == {"outcome": outcome, "reasons": reasons}
    assert list(checks.values()) == [{"outcome": "passed", "reasons": []}] * 2


@pytest.mark.parametrize(
    ("family_name", "aspect", "outcome"),
    [("Selfie", "liveness", "passed"), ("Screening", "sanctions", "passed"), ("Selfie-Spoofed", "liveness", "failed")],
)
async def test_some_aspects_are_told_by_themselves(
    sandbox: Sandbox, family_name: str, aspect: str, outcome: str
) -> None:
    answer = await check(sandbox, family_name)
    pending = [one["aspect"] for one in answer["checks"] if one["outcome"] == "pending"]
    assert (answer["outcome"], pending) == ("pending", [aspect])
    [event] = await sandbox.listener.has_heard(1)
    assert (event["type"], event["aspect"], event["outcome"]) == ("identity.check_concluded", aspect, outcome)
    assert (await check(sandbox, family_name))["outcome"] == outcome


async def test_documents_that_have_lapsed_have_a_day(sandbox: Sandbox) -> None:
    assert (await check(sandbox, "Lapsed"))["documents_expire_on"] == "2020-01-31"


async def test_a_late_check_takes_two_seconds(sandbox: Sandbox) -> None:
    await check(sandbox, "Late")
    await sandbox.listener.hears_no_more(than=0, for_seconds=1)
    await sandbox.listener.has_heard(1, within=3)


async def test_a_lost_check_is_known_only_to_who_asks(sandbox: Sandbox) -> None:
    await check(sandbox, "Lost")
    await sandbox.listener.hears_no_more(than=0)
    assert (await check(sandbox, "Lost"))["outcome"] == "passed"


async def test_a_check_that_never_ends_stays_pending(sandbox: Sandbox) -> None:
    await check(sandbox, "Never")
    await sandbox.listener.hears_no_more(than=0)
    assert (await check(sandbox, "Never"))["outcome"] == "pending"


async def test_an_unsupported_applicant_is_refused(sandbox: Sandbox) -> None:
    assert await check(sandbox, "Unsupported") == {"code": "applicant_not_supported"}


@pytest.mark.parametrize(
    ("family_name", "score", "obligations", "flags"),
    [
        ("Garcia", 780, 0, []),
        ("Thinfile", None, 0, []),
        ("Lowscore", 480, 0, []),
        ("Mediumscore", 640, 0, []),
        ("Indebted", 780, 250_000, []),
        ("Bankrupt", 520, 0, ["bankruptcy"]),
        ("Later-Lowscore", 480, 0, []),
    ],
)
async def test_a_credit_report_follows_the_family_name(
    sandbox: Sandbox, family_name: str, score: int | None, obligations: int, flags: list[str]
) -> None:
    response = await sandbox.ask("POST", "/bureau/reports", json=a_person(family_name, currency="USD"))
    answer = response.json()
    assert answer.pop("reference")
    assert answer == {"score": score, "currency": "USD", "monthly_obligations": obligations, "flags": flags}


async def test_a_frozen_file_is_refused(sandbox: Sandbox) -> None:
    response = await sandbox.ask("POST", "/bureau/reports", json=a_person("Frozen", currency="USD"))
    assert (response.status_code, response.json()) == (422, {"code": "file_frozen"})


async def pay(sandbox: Sandbox, account: str, key: str = "key-1", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await sandbox.ask("POST", "/payouts", key=key, json=a_payout(account, **more))).json()
    return answer


async def so_far(sandbox: Sandbox, key: str = "key-1") -> str:
    return str((await sandbox.ask("GET", f"/payouts/{key}")).json()["outcome"])


async def test_a_payout_is_taken_and_settles_soon(sandbox: Sandbox) -> None:
    assert (await pay(sandbox, "US000099991234"))["outcome"] == "pending"
    [event] = await sandbox.listener.has_heard(1)
    assert (event["type"], event["outcome"], event["reason"]) == ("payout.settled", "settled", None)
    assert (event["loan_id"], event["key"]) == ("loan-1", "key-1")


async def test_0001_is_settled_in_the_answer(sandbox: Sandbox) -> None:
    assert (await pay(sandbox, "US0001"))["outcome"] == "settled"
    await sandbox.listener.hears_no_more(than=0, for_seconds=0.15)


async def test_0002_fails_every_time(sandbox: Sandbox) -> None:
    await pay(sandbox, "US0002", key="first")
    await pay(sandbox, "US0002", key="second")
    events = await sandbox.listener.has_heard(2)
    assert [(e["type"], e["reason"]) for e in events] == [("payout.failed", "account_closed")] * 2


async def test_0003_fails_once_and_settles_under_a_new_key(sandbox: Sandbox) -> None:
    await pay(sandbox, "US0003", key="first")
    await sandbox.listener.has_heard(1)
    assert (await pay(sandbox, "US0003", key="first"))["outcome"] == "failed"
    await pay(sandbox, "US0003", key="second")
    first, second = await sandbox.listener.has_heard(2)
    assert (first["type"], first["reason"]) == ("payout.failed", "account_blocked")
    assert (second["type"], second["key"]) == ("payout.settled", "second")


async def test_0003_fails_once_for_each_loan(sandbox: Sandbox) -> None:
    await pay(sandbox, "US0003", key="first", loan_id="loan-1")
    await pay(sandbox, "US0003", key="second", loan_id="loan-2")
    events = await sandbox.listener.has_heard(2)
    assert {e["type"] for e in events} == {"payout.failed"}


async def test_0004_is_refused_and_pays_nothing(sandbox: Sandbox) -> None:
    assert await pay(sandbox, "US0004") == {"code": "account_unknown"}
    assert await sandbox.statement() == []


@pytest.mark.parametrize(("account", "outcome"), [("US0005", "settled"), ("US0012", "failed")])
async def test_0005_and_0012_are_taken_though_the_answer_never_comes(
    sandbox: Sandbox, account: str, outcome: str
) -> None:
    assert await pay(sandbox, account) == {"code": "timed_out"}
    await sandbox.listener.has_heard(1)
    assert (await pay(sandbox, account))["outcome"] == outcome
    assert len(await sandbox.statement()) == 1


async def test_0006_settles_and_nobody_is_told(sandbox: Sandbox) -> None:
    await pay(sandbox, "US0006")
    await sandbox.listener.hears_no_more(than=0)
    assert await so_far(sandbox) == "settled"


async def test_0007_stays_pending_for_ever(sandbox: Sandbox) -> None:
    await pay(sandbox, "US0007")
    await sandbox.listener.hears_no_more(than=0)
    assert await so_far(sandbox) == "pending"


async def test_0008_is_told_twice_under_one_id_and_once_under_another(sandbox: Sandbox) -> None:
    await pay(sandbox, "US0008")
    events = await sandbox.listener.has_heard(3)
    first, second, third = (headers["webhook-id"] for _, headers, _ in sandbox.listener.heard)
    assert first == second != third
    assert events[0] == events[1] == events[2]


async def test_0009_is_told_before_an_answer_that_is_already_stale(sandbox: Sandbox) -> None:
    answer = await pay(sandbox, "US0009")
    assert len(sandbox.listener.heard) == 1
    assert answer["outcome"] == "pending"
    assert await so_far(sandbox) == "settled"


async def test_0010_is_told_failed_and_then_settled(sandbox: Sandbox) -> None:
    await pay(sandbox, "US0010")
    events = await sandbox.listener.has_heard(2)
    assert [e["type"] for e in events] == ["payout.failed", "payout.settled"]
    assert await so_far(sandbox) == "settled"


async def test_0011_takes_two_seconds(sandbox: Sandbox) -> None:
    await pay(sandbox, "US0011")
    await sandbox.listener.hears_no_more(than=0, for_seconds=1)
    await sandbox.listener.has_heard(1, within=3)


async def test_a_mailbox_that_bounces_refuses(sandbox: Sandbox) -> None:
    body = {"to": "ana+bounce@example.com", "template": "payment_due", "facts": {}}
    response = await sandbox.ask("POST", "/notices", json=body)
    assert (response.status_code, response.json()) == (422, {"code": "mailbox_unavailable"})
