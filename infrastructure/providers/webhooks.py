"""Reading what providers tell by webhook, signed by the Standard Webhooks convention.

A copy of an authentic message passes for five minutes, and receivers don't mind: a result that is already known changes
nothing. An older copy, or one under another id, doesn't pass.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from domain.evidence import (
    DebitResult,
    IdentityOutcome,
    IdentityResult,
    PayoutResult,
    is_verification_key,
)
from infrastructure.providers.answers import AspectAnswer, DebitAnswer, Identifier, IdentityAnswer, PayoutAnswer

A = TypeVar("A", bound=BaseModel)


class WebhookNotAuthentic(Exception):
    """The signature is missing, wrong or too old: nothing in the message may be believed."""


class WebhookNotUnderstood(Exception):
    """Signed by the provider, but not what was agreed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChecked:
    loan_id: str
    result: IdentityResult


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutConcluded:
    loan_id: str
    result: PayoutResult


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitConcluded:
    loan_id: str
    result: DebitResult


class _IdentityEvent(IdentityAnswer):
    type: Literal["identity.checked"]
    loan_id: Identifier


class _AspectEvent(AspectAnswer):
    type: Literal["identity.check_concluded"]
    loan_id: Identifier
    key: Identifier
    reference: Identifier

    def result(self) -> IdentityResult:
        """News of one aspect; what the check comes to is not said in it."""
        return IdentityResult(
            outcome=IdentityOutcome.PENDING, reference=self.reference, key=self.key, checks=(self.check(),)
        )


class _IdentityNews(RootModel[_IdentityEvent | _AspectEvent]):
    """Of the whole check or of one aspect: its type says which."""

    model_config = ConfigDict(hide_input_in_errors=True)


class _PayoutEvent(PayoutAnswer):
    type: Literal["payout.settled", "payout.failed"]
    loan_id: Identifier


class _DebitEvent(DebitAnswer):
    type: Literal["debit.settled", "debit.failed", "debit.returned"]
    loan_id: Identifier


class _PaymentEvent(RootModel[_PayoutEvent | _DebitEvent]):
    """Which of the two it is, its type says."""

    model_config = ConfigDict(hide_input_in_errors=True)


class WebhookReader:
    """Each provider has its own secrets, so that one cannot speak for another.

    A provider has several while a new one replaces an old one: any of them may have signed.
    """

    def __init__(self, *, kyc: Iterable[str], payments: Iterable[str]) -> None:
        self._kyc = _signers(kyc)
        self._payments = _signers(payments)

    def identity_checked(self, headers: Mapping[str, str], body: bytes) -> IdentityChecked:
        """Raises WebhookNotAuthentic and WebhookNotUnderstood."""
        event = _read(_IdentityNews, self._kyc, headers, body).root
        if event.outcome == "pending":
            raise WebhookNotUnderstood("a check that is still pending has nothing to tell")
        if not is_verification_key(event.key, event.loan_id):
            raise WebhookNotUnderstood("the key is not that of the loan's check")
        return IdentityChecked(loan_id=event.loan_id, result=event.result())

    def payment_concluded(self, headers: Mapping[str, str], body: bytes) -> PayoutConcluded | DebitConcluded:
        """Raises WebhookNotAuthentic and WebhookNotUnderstood."""
        event = _read(_PaymentEvent, self._payments, headers, body).root
        if event.type.partition(".")[2] != event.outcome:
            raise WebhookNotUnderstood("type and outcome differ")
        if isinstance(event, _PayoutEvent):
            return PayoutConcluded(loan_id=event.loan_id, result=event.result())
        return DebitConcluded(loan_id=event.loan_id, result=event.result())


def _signers(secrets: Iterable[str]) -> tuple[Webhook, ...]:
    signers = tuple(Webhook(secret) for secret in secrets)
    if not signers:
        raise ValueError("a webhook without a secret could come from anybody")
    return signers


def _read(kind: type[A], signers: tuple[Webhook, ...], headers: Mapping[str, str], body: bytes) -> A:
    lowered = {name.lower(): value for name, value in headers.items()}
    if not any(_signed_by(signer, lowered, body) for signer in signers):
        raise WebhookNotAuthentic("no valid signature")
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        raise WebhookNotUnderstood("the body is not what was agreed on") from None


def _signed_by(signer: Webhook, headers: dict[str, str], body: bytes) -> bool:
    """Compared in constant time; the timestamp may be five minutes off."""
    try:
        signer.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: headers or a body that aren't even text
        return False
    return True
