"""Payouts and direct debits, instructed over HTTP. A time-out is not a failure: see `PaymentRail`."""

from urllib.parse import quote

from domain.evidence import DebitOutcome, DebitResult, PayoutOutcome, PayoutResult
from domain.money import Money
from domain.ports import CustomerDirectory, ProviderRefused
from infrastructure.providers.answers import DebitAnswer, PayoutAnswer
from infrastructure.providers.connection import ProviderConnection

NO_BANK_ACCOUNT = "no_bank_account"
_UNKNOWN_KEY = "unknown_key"
_KEY_REUSED = "idempotency_key_reused"


class HttpPaymentRail:
    """Implements `PaymentRail`."""

    def __init__(self, connection: ProviderConnection, customers: CustomerDirectory) -> None:
        self._connection = connection
        self._customers = customers

    async def send(self, *, key: str, loan_id: str, customer_id: str, amount: Money) -> PayoutResult:
        customer = await self._customers.details(customer_id)
        if customer.bank_account is None:
            raise ProviderRefused(NO_BANK_ACCOUNT)
        body = {
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "account": customer.bank_account,
            "holder": customer.full_name,
            "loan_id": loan_id,
        }
        try:
            return self._result(key, await self._connection.post("/payouts", key=key, body=body))
        except ProviderRefused as refused:
            if refused.reason != _KEY_REUSED:
                raise
            # An earlier attempt used the key, perhaps before the customer's account changed: its status tells the rest.
            return PayoutResult(outcome=PayoutOutcome.PENDING, key=key)

    async def status(self, *, key: str) -> PayoutResult:
        try:
            content = await self._connection.get(f"/payouts/{quote(key, safe='')}")
        except ProviderRefused as refused:
            if refused.reason != _UNKNOWN_KEY:
                raise
            return PayoutResult(outcome=PayoutOutcome.UNKNOWN, key=key)
        return self._result(key, content)

    async def debit(self, *, key: str, loan_id: str, customer_id: str, mandate: str, amount: Money) -> DebitResult:
        customer = await self._customers.details(customer_id)
        if customer.bank_account is None:
            raise ProviderRefused(NO_BANK_ACCOUNT)
        body = {
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "account": customer.bank_account,
            "holder": customer.full_name,
            "loan_id": loan_id,
            "mandate": mandate,
        }
        try:
            return self._drawn(key, await self._connection.post("/debits", key=key, body=body))
        except ProviderRefused as refused:
            if refused.reason != _KEY_REUSED:
                raise
            return DebitResult(outcome=DebitOutcome.PENDING, key=key)

    async def debit_status(self, *, key: str) -> DebitResult:
        try:
            content = await self._connection.get(f"/debits/{quote(key, safe='')}")
        except ProviderRefused as refused:
            if refused.reason != _UNKNOWN_KEY:
                raise
            return DebitResult(outcome=DebitOutcome.UNKNOWN, key=key)
        return self._drawn(key, content)

    def _drawn(self, key: str, content: bytes) -> DebitResult:
        answer = self._connection.read(DebitAnswer, content)
        if answer.key != key:
            raise self._connection.not_understood()
        return answer.result()

    def _result(self, key: str, content: bytes) -> PayoutResult:
        answer = self._connection.read(PayoutAnswer, content)
        if answer.key != key:
            raise self._connection.not_understood()
        return answer.result()
