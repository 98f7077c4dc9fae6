"""Whatever is sent straight to Temporal, past the API: the loan lives on."""

import json
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.evidence import IdentityOutcome
from domain.money import Money
from domain.status import LoanStatus
from domain.transaction import Transaction
from tests.workflows.conftest import CONVERTER, Lender
from tests.workflows.lives import disbursed, refusal_of


def raw(data: bytes, encoding: str = "json/plain") -> RawValue:
    return RawValue(Payload(metadata={"encoding": encoding.encode()}, data=data))


def said(**fields: object) -> RawValue:
    return raw(json.dumps(fields).encode())


COMMAND: dict[str, Any] = {"operation_id": "hostile", "loan_id": "1", "actor": "officer-1"}
DECISION = {**COMMAND, "verdict": "approve"}
PAYMENT = {**COMMAND, "amount": {"minor": 100, "currency": "USD"}}

GARBAGE: dict[str, list[RawValue]] = {
    "nothing": [],
    "null": [raw(b"null")],
    "a text": [raw(b'"approve"')],
    "a number": [raw(b"7")],
    "a list": [raw(b"[1, 2]")],
    "an empty object": [raw(b"{}")],
    "broken JSON": [raw(b'{"operation_id": ')],
    "bytes": [raw(b"\x00\xff\xfe", "binary/plain")],
    "another protocol": [raw(b"\x0a\x01", "binary/protobuf")],
    "an encoding nobody knows": [raw(b"x", "binary/encrypted")],
    "no encoding": [RawValue(Payload(data=b"{}"))],
    "deep nesting": [raw(b"[" * 100_000)],
    "two parts": [said(**DECISION), said(**DECISION)],
    "three parts": [raw(b"1"), raw(b"2"), raw(b"3")],
    "wrong types": [said(**{**DECISION, "operation_id": 7, "verdict": "perhaps"})],
    "fields missing": [said(verdict="approve")],
    "money that is none": [said(**{**PAYMENT, "amount": {"minor": "much", "currency": "dollars"}})],
    "NUL in a text": [said(**{**DECISION, "reason": "a\0b"})],
    "half a character": [raw(json.dumps({**DECISION, "reason": "\ud800"}).encode())],
    "another loan": [said(**{**DECISION, "loan_id": "2"})],
    "a huge text": [said(**{**DECISION, "reason": "x" * 1_000_000})],
    "SQL and templates": [said(**{**DECISION, "actor": "'; DROP TABLE loans; --", "reason": "{{7*7}} ${x} %s"})],
}
FORGED = {"encryption-key": b"garbage", "encryption-key-id": b"made up", "data": b"x"}


async def forged() -> list[Payload]:
    """What looks as if we had sealed it."""
    assert CONVERTER.payload_codec is not None
    [sealed] = await CONVERTER.payload_codec.encode([Payload(metadata={"encoding": b"json/plain"}, data=b"{}")])
    copies = [Payload.FromString(sealed.SerializeToString()) for _ in FORGED]
    for copy, (part, value) in zip(copies, FORGED.items(), strict=True):
        if part == "data":
            copy.data += value
        else:
            copy.metadata[part] = value
    return [*copies, Payload(metadata={"encoding": b"binary/encrypted"}, data=b"x")]


SIGNALS = (
    "decide",
    "identity_result",
    "payout_result",
    "debit_result",
    "refresh",
    "nobody_listens_to_this",
    "__temporal_x",
)
UPDATES = ("decide", "make_payment", "submit", "reverse", "waive", "review_debit", "nobody_listens_to_this")


async def lives_on(lender: Lender, as_before: tuple[Transaction, ...]) -> None:
    """Nothing of it has moved, it takes a payment, and no task of its workflow has failed on the way."""
    assert lender.books.loans["1"].transactions == as_before
    receipt = (await lender.pay(10_00)).receipt
    assert receipt is not None
    assert receipt.amount == Money(10_00, "USD")
    history = await lender.loan().fetch_history()
    failures = [event.workflow_task_failed_event_attributes.failure for event in history.events]
    assert [failure.message for failure in failures if failure.message] == []


async def test_a_loan_survives_malformed_signals(lender: Lender) -> None:
    await disbursed(lender)
    as_before = lender.books.loans["1"].transactions
    for parts in GARBAGE.values():
        for name in SIGNALS:
            await lender.loan().signal(name, args=parts)
    await lives_on(lender, as_before)


async def test_a_loan_survives_what_only_looks_sealed(lender: Lender) -> None:
    await disbursed(lender)
    as_before = lender.books.loans["1"].transactions
    unsealing = Client(**{**lender.client.config(), "data_converter": pydantic_data_converter})  # type: ignore[arg-type]
    for payload in await forged():
        await unsealing.get_workflow_handle(lender.loan().id).signal("decide", RawValue(payload))
    await lives_on(lender, as_before)


async def test_a_loan_refuses_malformed_updates(lender: Lender) -> None:
    await disbursed(lender)
    as_before = lender.books.loans["1"].transactions
    for what, parts in GARBAGE.items():
        for name in UPDATES:
            with pytest.raises(WorkflowUpdateFailedError):
                await lender.loan().execute_update(name, args=parts, id=f"{name}: {what}")
    await lives_on(lender, as_before)


async def test_a_loan_that_is_being_looked_at_survives_malformed_answers(lender: Lender) -> None:
    """What a provider's word would decide is decided by the provider's word, not by who imitates it badly."""
    lender.identity.outcome = IdentityOutcome.PENDING
    await lender.apply()
    for parts in GARBAGE.values():
        await lender.loan().signal("identity_result", args=parts)
    await lender.loan().signal("identity_result", said(outcome="passed", reference="a\0b"))
    await lender.loan().signal("identity_result", said(outcome="passed", reference="check"))
    await lender.until(lambda standing: standing.status is LoanStatus.OFFERED)
    identity = lender.books.loans["1"].identity
    assert identity is not None
    assert (identity.outcome, identity.reference) == (IdentityOutcome.PASSED, "check")


async def test_a_malformed_message_is_refused_by_name(lender: Lender) -> None:
    await disbursed(lender)
    assert await refusal_of(lender.loan().execute_update("reverse", args=[])) == "InvalidValue"
    assert (
        await refusal_of(lender.loan().execute_update("charge_off", said(**COMMAND, reason="a\0b"))) == "InvalidValue"
    )
