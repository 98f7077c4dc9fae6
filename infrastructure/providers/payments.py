"""Payouts and direct debits, instructed over HTTP. A time-out is not a failure: see `PaymentRail`."""

from typing import Any, TypeVar
from urllib.parse import quote

from domain.evidence import DebitOutcome, DebitResult, PayoutOutcome, PayoutResult
from domain.money import Money
from domain.ports import CustomerDirectory, ProviderRefused
from infrastructure.providers.answers import DebitAnswer, PayoutAnswer
from infrastructure.providers.connection import ProviderConnection

Answer = TypeVar("Answer", PayoutAnswer, DebitAnswer)

NO_BANK_ACCOUNT = "no_bank_account"
_UNKNOWN_KEY = "unknown_key"
_KEY_REUSED = "idempotency_key_reused"


class HttpPaymentRail:
    """Implements `PaymentRail`."""

    def __init__(self, connection: ProviderConnection, customers: CustomerDirectory) -> None:
        self._connection = connection
        self._customers = customers

    async def send(self, *, key: str, loan_id: str, customer_id: str, amount: Money) -> PayoutResult:
        order = await self._order(loan_id, customer_id, amount)
        answer = await self._instruct(PayoutAnswer, "/payouts", key, order)
        return answer.result() if answer else PayoutResult(outcome=PayoutOutcome.PENDING, key=key)

    async def status(self, *, key: str) -> PayoutResult:
        answer = await self._look_up(PayoutAnswer, "/payouts", key)
        return answer.result() if answer else PayoutResult(outcome=PayoutOutcome.UNKNOWN, key=key)

    async def debit(self, *, key: str, loan_id: str, customer_id: str, mandate: str, amount: Money) -> DebitResult:
        order = await self._order(loan_id, customer_id, amount)
        answer = await self._instruct(DebitAnswer, "/debits", key, order | {"mandate": mandate})
        return answer.result() if answer else DebitResult(outcome=DebitOutcome.PENDING, key=key)

    async def debit_status(self, *, key: str) -> DebitResult:
        answer = await self._look_up(DebitAnswer, "/debits", key)
        return answer.result() if answer else DebitResult(outcome=DebitOutcome.UNKNOWN, key=key)

    async def _order(self, loan_id: str, customer_id: str, amount: Money) -> dict[str, Any]:
        customer = await self._customers.details(customer_id)
        if customer.bank_account is None:
            raise ProviderRefused(NO_BANK_ACCOUNT)
        return {
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "account": customer.bank_account,
            "holder": customer.full_name,
            "loan_id": loan_id,
        }

    async def _instruct(self, kind: type[Answer], path: str, key: str, order: dict[str, Any]) -> Answer | None:
        """None where an earlier attempt used the key, perhaps before the customer's account changed: its status tells
        the rest."""
        try:
            return self._read(kind, key, await self._connection.post(path, key=key, body=order))
        except ProviderRefused as refused:
            if refused.reason != _KEY_REUSED:
                raise
            return None

    async def _look_up(self, kind: type[Answer], path: str, key: str) -> Answer | None:
        """None of a key that the rail has never seen."""
        try:
            content = await self._connection.get(f"{path}/{quote(key, safe='')}")
        except ProviderRefused as refused:
            if refused.reason != _UNKNOWN_KEY:
                raise
            return None
        return self._read(kind, key, content)

    def _read(self, kind: type[Answer], key: str, content: bytes) -> Answer:
        answer = self._connection.read(kind, content)
        if answer.key != key:
            raise self._connection.not_understood()
        return answer
