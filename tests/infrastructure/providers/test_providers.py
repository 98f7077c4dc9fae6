"""The adapters against the running sandbox."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from domain.evidence import BureauReport, IdentityOutcome, PayoutOutcome
from domain.money import Money
from domain.ports import (
    CreditBureau,
    IdentityProvider,
    Notifier,
    PaymentRail,
    ProviderRefused,
    ProviderUnavailable,
)
from infrastructure.providers.bureau import HttpCreditBureau
from infrastructure.providers.connection import ProviderConnection
from infrastructure.providers.kyc import HttpIdentityProvider
from infrastructure.providers.notifier import HttpNotifier
from infrastructure.providers.payments import HttpPaymentRail
from tests.fakes import FakeDocuments
from tests.infrastructure.providers.customers import CustomersInMemory
from tests.sandbox.running import Sandbox

Connect = Callable[[str], ProviderConnection]
THOUSAND = Money(100_000, "USD")


@pytest.fixture
def kyc(connect: Connect, customers: CustomersInMemory) -> IdentityProvider:
    return HttpIdentityProvider(connect("kyc"), customers, FakeDocuments())


@pytest.fixture
def bureau(connect: Connect, customers: CustomersInMemory) -> CreditBureau:
    return HttpCreditBureau(connect("bureau"), customers)


@pytest.fixture
def rail(connect: Connect, customers: CustomersInMemory) -> PaymentRail:
    return HttpPaymentRail(connect("payments"), customers)


@pytest.fixture
def notifier(connect: Connect, customers: CustomersInMemory) -> Notifier:
    return HttpNotifier(connect("notices"), customers)


@pytest.mark.parametrize(
    ("family_name", "outcome", "reasons"),
    [
        ("Garcia", IdentityOutcome.PASSED, ()),
        ("Mismatch", IdentityOutcome.FAILED, ("document_mismatch",)),
        ("Sanctioned", IdentityOutcome.NEEDS_PERSON, ("sanctions_possible_match",)),
        ("Never", IdentityOutcome.PENDING, ()),
    ],
)
async def test_an_identity_is_checked(
    kyc: IdentityProvider,
    customers: CustomersInMemory,
    family_name: str,
    outcome: IdentityOutcome,
    reasons: tuple[str, ...],
) -> None:
    customers.now(family_name=family_name)
    result = await kyc.check(key="loan-1/kyc", loan_id="loan-1", customer_id="customer-1")
    assert (result.outcome, result.reasons) == (outcome, reasons)
    assert result.reference.startswith("kyc_")


async def test_asking_again_with_the_same_key_tells_how_the_check_ended(
    kyc: IdentityProvider, customers: CustomersInMemory, sandbox: Sandbox
) -> None:
    customers.now(family_name="Later")
    first = await kyc.check(key="k", loan_id="loan-1", customer_id="customer-1")
    await sandbox.listener.has_heard(1)
    second = await kyc.check(key="k", loan_id="loan-1", customer_id="customer-1")
    assert (first.outcome, second.outcome) == (IdentityOutcome.PENDING, IdentityOutcome.PASSED)
    assert first.reference == second.reference


async def test_a_credit_report_comes_in_the_currency_asked_for(
    bureau: CreditBureau, customers: CustomersInMemory
) -> None:
    customers.now(family_name="Bankrupt-Indebted")
    report = await bureau.report(key="k", customer_id="customer-1", currency="EUR")
    assert report == BureauReport(
        reference=report.reference, score=520, currency="EUR", monthly_obligations=0, flags=("bankruptcy",)
    )


async def test_a_customer_without_a_credit_file_has_no_score(
    bureau: CreditBureau, customers: CustomersInMemory
) -> None:
    customers.now(family_name="Thinfile")
    assert (await bureau.report(key="k", customer_id="customer-1", currency="USD")).score is None


async def test_a_payout_is_pending_and_then_settled(rail: PaymentRail, sandbox: Sandbox) -> None:
    sent = await rail.send(key="loan-1/payout/1", loan_id="loan-1", customer_id="customer-1", amount=THOUSAND)
    assert (sent.outcome, sent.key) == (PayoutOutcome.PENDING, "loan-1/payout/1")
    await sandbox.listener.has_heard(1)
    assert (await rail.status(key="loan-1/payout/1")).outcome is PayoutOutcome.SETTLED
    [line] = await sandbox.statement()
    assert (line["amount_minor"], line["currency"], line["loan_id"]) == (100_000, "USD", "loan-1")


async def test_a_failed_payout_says_why(rail: PaymentRail, customers: CustomersInMemory, sandbox: Sandbox) -> None:
    customers.now(bank_account="US0002")
    await rail.send(key="k", loan_id="loan-1", customer_id="customer-1", amount=THOUSAND)
    await sandbox.listener.has_heard(1)
    status = await rail.status(key="k")
    assert (status.outcome, status.reason) == (PayoutOutcome.FAILED, "account_closed")


async def test_a_payout_nobody_sent_is_unknown(rail: PaymentRail) -> None:
    assert (await rail.status(key="never/sent?x=1#y")).outcome is PayoutOutcome.UNKNOWN


async def test_a_payout_whose_answer_never_came_is_found_by_its_key(
    rail: PaymentRail, customers: CustomersInMemory, sandbox: Sandbox
) -> None:
    customers.now(bank_account="US0005")
    with pytest.raises(ProviderUnavailable, match="no answer within"):
        await rail.send(key="k", loan_id="loan-1", customer_id="customer-1", amount=THOUSAND)
    await sandbox.listener.has_heard(1)
    assert (await rail.status(key="k")).outcome is PayoutOutcome.SETTLED
    await rail.send(key="k", loan_id="loan-1", customer_id="customer-1", amount=THOUSAND)
    assert len(await sandbox.statement()) == 1


async def test_a_customer_without_a_bank_account_is_refused_before_anything_is_sent(
    rail: PaymentRail, customers: CustomersInMemory, sandbox: Sandbox
) -> None:
    customers.now(bank_account=None)
    with pytest.raises(ProviderRefused, match="no_bank_account"):
        await rail.send(key="k", loan_id="loan-1", customer_id="customer-1", amount=THOUSAND)
    assert await sandbox.statement() == []


async def test_a_key_used_before_the_account_changed_is_on_its_way_and_not_failed(
    rail: PaymentRail, customers: CustomersInMemory, sandbox: Sandbox
) -> None:
    await rail.send(key="k", loan_id="loan-1", customer_id="customer-1", amount=THOUSAND)
    customers.now(bank_account="US0009999")
    again = await rail.send(key="k", loan_id="loan-1", customer_id="customer-1", amount=THOUSAND)
    assert again.outcome is PayoutOutcome.PENDING
    await sandbox.listener.has_heard(1)
    assert (await rail.status(key="k")).outcome is PayoutOutcome.SETTLED
    assert len(await sandbox.statement()) == 1


async def test_a_notice_is_given_once_however_often_it_is_asked_for(notifier: Notifier, sandbox: Sandbox) -> None:
    for _ in range(2):
        await notifier.notify(key="k", customer_id="customer-1", template="payment_due", facts={"amount": "88.85"})
    [notice] = (await sandbox.ask("GET", "/notices")).json()
    assert notice == {
        "key": "k",
        "to": "ana@example.com",
        "template": "payment_due",
        "facts": {"amount": "88.85"},
    }


@pytest.fixture
def ask(
    kyc: IdentityProvider, bureau: CreditBureau, rail: PaymentRail, notifier: Notifier
) -> Callable[[str], Awaitable[object]]:
    """Asks one provider whatever it is there for."""

    def one(provider: str) -> Awaitable[object]:
        match provider:
            case "kyc":
                return kyc.check(key="k", loan_id="loan-1", customer_id="customer-1")
            case "bureau":
                return bureau.report(key="k", customer_id="customer-1", currency="USD")
            case "payments":
                return rail.send(key="k", loan_id="loan-1", customer_id="customer-1", amount=THOUSAND)
            case _:
                return notifier.notify(key="k", customer_id="customer-1", template="payment_due", facts={})

    return one


@pytest.mark.parametrize("provider", ["kyc", "bureau", "payments", "notices"])
@pytest.mark.parametrize(
    "behaviour", [{"down": True}, {"slow": 1}, {"commit_then_time_out": True}], ids=["down", "slow", "timing out"]
)
async def test_every_adapter_calls_an_outage_an_outage(
    ask: Callable[[str], Awaitable[object]], sandbox: Sandbox, provider: str, behaviour: dict[str, object]
) -> None:
    await sandbox.switch(provider, **behaviour)
    with pytest.raises(ProviderUnavailable, match=f"{provider}: (HTTP 503|no answer within 0.6 seconds)"):
        await ask(provider)


@pytest.mark.parametrize("provider", ["kyc", "bureau", "payments", "notices"])
async def test_every_adapter_calls_a_refusal_a_refusal(
    ask: Callable[[str], Awaitable[object]], sandbox: Sandbox, provider: str
) -> None:
    await sandbox.switch(provider, refuse=True)
    with pytest.raises(ProviderRefused, match=r"^refused$"):
        await ask(provider)


async def test_a_wrong_api_key_is_ours_to_mend_and_refuses_nobody(
    sandbox: Sandbox, customers: CustomersInMemory, http: httpx.AsyncClient
) -> None:
    wrong = ProviderConnection(name="kyc", base_url=sandbox.url, api_key="expired", http=http)
    with pytest.raises(ProviderUnavailable, match="kyc: HTTP 401"):
        await HttpIdentityProvider(wrong, customers, FakeDocuments()).check(
            key="k", loan_id="loan-1", customer_id="customer-1"
        )


async def test_a_wrong_address_does_not_make_a_payout_unknown(
    sandbox: Sandbox, customers: CustomersInMemory, http: httpx.AsyncClient
) -> None:
    wrong = ProviderConnection(name="payments", base_url=f"{sandbox.url}/elsewhere", api_key="x", http=http)
    with pytest.raises(ProviderUnavailable, match="payments: HTTP 404"):
        await HttpPaymentRail(wrong, customers).status(key="k")


def test_a_connection_shows_no_credentials(http: httpx.AsyncClient) -> None:
    connection = ProviderConnection(name="kyc", base_url="http://kyc", api_key="secret-key", http=http)
    assert "secret-key" not in repr(connection)
