"""The adapter for direct debits against the running sandbox."""

from collections.abc import Callable

import pytest

from domain.evidence import DebitOutcome, DebitResult
from domain.money import Money
from domain.ports import PaymentRail, ProviderRefused, ProviderUnavailable
from infrastructure.providers.connection import ProviderConnection
from infrastructure.providers.payments import HttpPaymentRail
from tests.infrastructure.providers.customers import CustomersInMemory
from tests.sandbox.running import Sandbox

HUNDRED = Money(100_00, "USD")


@pytest.fixture
def rail(connect: Callable[[str], ProviderConnection], customers: CustomersInMemory) -> PaymentRail:
    return HttpPaymentRail(connect("payments"), customers)


async def draw(rail: PaymentRail, key: str = "k") -> DebitResult:
    return await rail.debit(
        key=key, loan_id="loan-1", customer_id="customer-1", mandate="loan-1-mandate-1", amount=HUNDRED
    )


async def test_a_debit_is_pending_then_settled_and_one_key_draws_once(rail: PaymentRail, sandbox: Sandbox) -> None:
    assert await draw(rail) == DebitResult(outcome=DebitOutcome.PENDING, key="k")
    await sandbox.listener.has_heard(1)
    assert (await rail.debit_status(key="k")).outcome is DebitOutcome.SETTLED
    await draw(rail)
    [line] = (await sandbox.ask("GET", "/debits")).json()
    assert (line["amount_minor"], line["loan_id"]) == (100_00, "loan-1")


async def test_a_debit_that_fails_or_is_refused_says_why(
    rail: PaymentRail, customers: CustomersInMemory, sandbox: Sandbox
) -> None:
    customers.now(bank_account="US0021")
    await draw(rail)
    await sandbox.listener.has_heard(1)
    status = await rail.debit_status(key="k")
    assert (status.outcome, status.reason) == (DebitOutcome.FAILED, "insufficient_funds")
    customers.now(bank_account="US0024")
    with pytest.raises(ProviderRefused, match="mandate_unknown"):
        await draw(rail, "another")
    customers.now(bank_account=None)
    with pytest.raises(ProviderRefused, match="no_bank_account"):
        await draw(rail, "a third")


async def test_a_debit_nobody_sent_is_unknown(rail: PaymentRail) -> None:
    assert (await rail.debit_status(key="never/sent?x=1#y")).outcome is DebitOutcome.UNKNOWN


async def test_a_debit_whose_answer_never_came_is_found_by_its_key(
    rail: PaymentRail, customers: CustomersInMemory, sandbox: Sandbox
) -> None:
    customers.now(bank_account="US0005")
    with pytest.raises(ProviderUnavailable, match="no answer within"):
        await draw(rail)
    await sandbox.listener.has_heard(1)
    customers.now(bank_account="US0009999")  # changed meanwhile: still the same debit
    assert (await draw(rail)).outcome is DebitOutcome.PENDING
    assert (await rail.debit_status(key="k")).outcome is DebitOutcome.SETTLED
