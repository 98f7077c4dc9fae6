"""Who may tell us something by webhook, and what they must say."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from domain.evidence import (
    DebitOutcome,
    DebitResult,
    IdentityOutcome,
    IdentityResult,
    PayoutOutcome,
    PayoutResult,
    verification_key,
)
from infrastructure.providers.webhooks import (
    DebitConcluded,
    IdentityChecked,
    PayoutConcluded,
    WebhookNotAuthentic,
    WebhookNotUnderstood,
    WebhookReader,
)
from tests.sandbox.running import WEBHOOK_SECRETS, Sandbox
from tests.sandbox.test_magic_values import a_payout, a_person

OURS = "whsec_b3VyLXNlY3JldA=="
OLD = "whsec_b2xkLXNlY3JldA=="
SETTLED = {
    "type": "payout.settled",
    "loan_id": "loan-1",
    "key": "k",
    "reference": "pay_1",
    "outcome": "settled",
    "reason": None,
}
CHECKED = {
    "type": "identity.checked",
    "loan_id": "loan-1",
    "key": "loan-1-verification",
    "reference": "kyc_1",
    "outcome": "failed",
    "reasons": ["document_mismatch"],
}


def signed(
    body: bytes, *, secret: str = OURS, message_id: str = "msg_1", age: timedelta = timedelta(0)
) -> dict[str, str]:
    at = datetime.now(UTC) - age
    signature = Webhook(secret).sign(message_id, at, body.decode("latin-1"))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def as_body(event: object) -> bytes:
    return json.dumps(event).encode()


@pytest.fixture
def reader() -> WebhookReader:
    return WebhookReader(kyc=[OURS], payments=[OURS])


def test_a_settled_payout_is_read(reader: WebhookReader) -> None:
    body = as_body(SETTLED)
    assert reader.payment_concluded(signed(body), body) == PayoutConcluded(
        loan_id="loan-1", result=PayoutResult(outcome=PayoutOutcome.SETTLED, key="k")
    )


@pytest.mark.parametrize("outcome", ["settled", "failed", "returned"])
def test_what_became_of_a_debit_is_read(reader: WebhookReader, outcome: str) -> None:
    body = as_body(SETTLED | {"type": f"debit.{outcome}", "outcome": outcome})
    assert reader.payment_concluded(signed(body), body) == DebitConcluded(
        loan_id="loan-1", result=DebitResult(outcome=DebitOutcome(outcome), key="k")
    )


@pytest.mark.parametrize("changed", [{"type": "debit.failed"}, {"type": "payout.returned", "outcome": "returned"}])
def test_a_payment_whose_type_and_outcome_differ_is_not_understood(
    reader: WebhookReader, changed: dict[str, str]
) -> None:
    body = as_body(SETTLED | changed)
    with pytest.raises(WebhookNotUnderstood):
        reader.payment_concluded(signed(body), body)


def test_a_checked_identity_is_read(reader: WebhookReader) -> None:
    body = as_body(CHECKED)
    assert reader.identity_checked(signed(body), body) == IdentityChecked(
        loan_id="loan-1",
        result=IdentityResult(
            outcome=IdentityOutcome.FAILED,
            reference="kyc_1",
            reasons=("document_mismatch",),
            key=verification_key("loan-1"),
        ),
    )


def test_header_names_are_read_in_any_case(reader: WebhookReader) -> None:
    body = as_body(SETTLED)
    headers = {name.title(): value for name, value in signed(body).items()}
    assert reader.payment_concluded(headers, body).loan_id == "loan-1"


def test_while_secrets_rotate_both_are_good() -> None:
    body, reader = as_body(SETTLED), WebhookReader(kyc=[OURS], payments=[OURS, OLD])
    for secret in (OURS, OLD):
        assert reader.payment_concluded(signed(body, secret=secret), body).loan_id == "loan-1"
    both = signed(body) | {"webhook-signature": f"v1,AAAA {signed(body)['webhook-signature']}"}
    assert reader.payment_concluded(both, body).loan_id == "loan-1"


def test_another_secret_is_not_believed(reader: WebhookReader) -> None:
    body = as_body(SETTLED)
    with pytest.raises(WebhookNotAuthentic):
        reader.payment_concluded(signed(body, secret=OLD), body)


def test_a_tampered_body_is_not_believed(reader: WebhookReader) -> None:
    headers = signed(as_body(SETTLED | {"loan_id": "loan-2"}))
    with pytest.raises(WebhookNotAuthentic):
        reader.payment_concluded(headers, as_body(SETTLED))


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_message_from_another_time_is_not_believed(reader: WebhookReader, age: timedelta) -> None:
    body = as_body(SETTLED)
    with pytest.raises(WebhookNotAuthentic):
        reader.payment_concluded(signed(body, age=age), body)


def test_an_old_message_cannot_be_given_a_new_time(reader: WebhookReader) -> None:
    body = as_body(SETTLED)
    headers = signed(body, age=timedelta(minutes=6))
    headers["webhook-timestamp"] = str(int(datetime.now(UTC).timestamp()))
    with pytest.raises(WebhookNotAuthentic):
        reader.payment_concluded(headers, body)


def test_a_replayed_message_says_the_same_and_cannot_be_given_another_id(reader: WebhookReader) -> None:
    body = as_body(SETTLED)
    headers = signed(body)
    assert reader.payment_concluded(headers, body) == reader.payment_concluded(headers, body)
    with pytest.raises(WebhookNotAuthentic):
        reader.payment_concluded(headers | {"webhook-id": "msg_2"}, body)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_one_of_the_headers_is_not_believed(reader: WebhookReader, missing: str) -> None:
    body = as_body(SETTLED)
    headers = signed(body)
    del headers[missing]
    with pytest.raises(WebhookNotAuthentic):
        reader.payment_concluded(headers, body)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v1,not base64!"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v1a,AAAA"},
        {"webhook-signature": "v1,"},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1e400"},
        {"webhook-timestamp": "-1"},
    ],
)
def test_garbage_in_the_headers_is_not_believed(reader: WebhookReader, changed: dict[str, str]) -> None:
    body = as_body(SETTLED)
    with pytest.raises(WebhookNotAuthentic):
        reader.payment_concluded(signed(body) | changed, body)


def test_a_body_that_is_not_text_is_not_believed(reader: WebhookReader) -> None:
    with pytest.raises(WebhookNotAuthentic):
        reader.payment_concluded(signed(b"\xff"), b"\xff")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        as_body([]),
        as_body({}),
        as_body(CHECKED),
        as_body(SETTLED | {"outcome": "failed"}),
        as_body(SETTLED | {"outcome": "pending"}),
        as_body(SETTLED | {"loan_id": ""}),
        as_body(SETTLED | {"loan_id": "x" * 1000}),
        as_body(SETTLED | {"loan_id": 7}),
        as_body(SETTLED | {"reason": "the holder, Ana Garcia, has moved"}),
    ],
)
def test_a_signed_message_must_still_say_what_was_agreed(reader: WebhookReader, body: bytes) -> None:
    with pytest.raises(WebhookNotUnderstood) as caught:
        reader.payment_concluded(signed(body), body)
    assert "Ana" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": "pending"},
        {"outcome": "settled"},
        {"type": "payout.settled"},
        {"key": "loan-2-verification"},
        {"loan_id": "loan-2"},
    ],
)
def test_an_identity_message_must_bring_a_verdict_on_the_loan_s_own_check(
    reader: WebhookReader, changed: dict[str, str]
) -> None:
    body = as_body(CHECKED | changed)
    with pytest.raises(WebhookNotUnderstood):
        reader.identity_checked(signed(body), body)


def test_a_reader_without_a_secret_is_refused_at_birth() -> None:
    with pytest.raises(ValueError, match="secret"):
        WebhookReader(kyc=[OURS], payments=[])


async def test_what_the_sandbox_tells_is_believed_with_the_provider_s_own_secret_only(sandbox: Sandbox) -> None:
    await sandbox.ask("POST", "/payouts", json=a_payout())
    await sandbox.ask(
        "POST", "/kyc/checks", json=a_person("Later-Mismatch", loan_id="loan-1"), key="loan-1-verification"
    )
    await sandbox.listener.has_heard(2)
    told = {provider: (headers, body) for provider, headers, body in sandbox.listener.heard}
    kyc, payments = [WEBHOOK_SECRETS["kyc"]], [WEBHOOK_SECRETS["payments"]]
    reader, crossed = WebhookReader(kyc=kyc, payments=payments), WebhookReader(kyc=payments, payments=kyc)
    assert reader.payment_concluded(*told["payments"]).result.outcome is PayoutOutcome.SETTLED
    assert reader.identity_checked(*told["kyc"]).result.reasons == ("document_mismatch",)
    with pytest.raises(WebhookNotAuthentic):
        crossed.payment_concluded(*told["payments"])
