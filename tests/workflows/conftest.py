"""A worker with fakes at its ports, on the real Temporal server, in a namespace of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.worker import Replayer, Worker

from activities.origination import Origination
from activities.providers import Providers
from activities.refusals import RefusalInterceptor
from activities.servicing import Servicing
from domain.commands import AcceptOffer, ApplyForLoan, MakePayment
from domain.money import Money
from domain.views import Outcome, Standing
from infrastructure.histories import unsealed
from infrastructure.loan_clock import LoanClock
from infrastructure.payload_codec import converter_of
from infrastructure.settings import DEVELOPMENT_KEY
from infrastructure.update_retry import UpdateRetry
from stack.temporal_server import TemporalServer
from tests.fakes import FakeBooks, FakeBureau, FakeEvidence, FakeIdentity, FakePeople, FakeRail, QuietSignals
from tests.namespaces import new_namespace
from workflows.doorkeeper import Doorkeeper
from workflows.loan import Closure, LoanWorkflow
from workflows.options import LOANS, PROVIDERS, workflow_id
from workflows.starting import start_loan

CONVERTER = converter_of(DEVELOPMENT_KEY)


@dataclass
class Lender:
    """Everything one test needs to send messages to loans and to look at what became of them."""

    clock: LoanClock
    books: FakeBooks = field(default_factory=FakeBooks)
    people: FakePeople = field(default_factory=FakePeople)
    identity: FakeIdentity = field(default_factory=FakeIdentity)
    bureau: FakeBureau = field(default_factory=FakeBureau)
    rail: FakeRail = field(default_factory=FakeRail)
    evidence: FakeEvidence = field(default_factory=FakeEvidence)
    operations: int = 0

    @property
    def client(self) -> Client:
        return self.clock.client

    def operation(self) -> str:
        self.operations += 1
        return f"operation-{self.operations}"

    def loan(self, loan_id: str = "1") -> WorkflowHandle[LoanWorkflow, Closure]:
        return self.client.get_workflow_handle_for(LoanWorkflow.run, workflow_id(loan_id))

    async def history(self) -> str:
        """Loan 1's, as a reader with the key sees it."""
        assert CONVERTER.payload_codec is not None
        return (await unsealed(await self.loan().fetch_history(), CONVERTER.payload_codec)).to_json()

    def application(self, loan_id: str = "1", amount: int = 1_200_00, installments: int = 12) -> ApplyForLoan:
        return ApplyForLoan(
            operation_id=f"apply-{loan_id}",
            loan_id=loan_id,
            actor="applicant",
            customer_id="customer-1",
            product_code="personal",
            amount=Money(amount, "USD"),
            installments=installments,
        )

    async def apply(self, application: ApplyForLoan | None = None) -> Outcome:
        command = application or self.application()
        start: WithStartWorkflowOperation[LoanWorkflow, Closure] = start_loan(command)
        return await self.client.execute_update_with_start_workflow(
            LoanWorkflow.submit, command, id=command.operation_id, start_workflow_operation=start
        )

    async def accept(self, loan_id: str = "1") -> Outcome:
        offer = self.books.loans[loan_id].offer
        assert offer is not None
        command = AcceptOffer(
            operation_id=self.operation(), loan_id=loan_id, actor="applicant", offer_digest=offer.digest
        )
        return await self.loan(loan_id).execute_update(LoanWorkflow.accept, command, id=command.operation_id)

    async def pay(self, minor: int, loan_id: str = "1", operation_id: str | None = None) -> Outcome:
        command = MakePayment(
            operation_id=operation_id or self.operation(),
            loan_id=loan_id,
            actor="applicant",
            amount=Money(minor, "USD"),
        )
        return await self.loan(loan_id).execute_update(LoanWorkflow.make_payment, command, id=command.operation_id)

    async def until(self, holds: Callable[[Standing], bool], loan_id: str = "1") -> Standing:
        """Wait for what the loan's books show, not for time to pass."""
        async with asyncio.timeout(20):
            while True:
                if loan_id in self.books.loans and holds(standing := self.books.loans[loan_id].standing()):
                    return standing
                await asyncio.sleep(0.02)

    async def let_pass(self, days: int, loan_id: str = "1") -> datetime:
        now = await self.clock.now(workflow_id(loan_id))
        return await self.clock.advance(workflow_id(loan_id), now.astimezone(UTC) + timedelta(days=days))


@pytest.fixture
async def lender(temporal_server: TemporalServer) -> AsyncIterator[Lender]:
    namespace = await new_namespace(temporal_server.address)
    client = await Client.connect(
        temporal_server.address,
        namespace=namespace,
        data_converter=CONVERTER,
        interceptors=[UpdateRetry()],
    )
    lender = Lender(clock=LoanClock(client))
    async with loans_worker(lender), providers_worker(lender):
        yield lender
    await _every_history_replays(client)


async def _every_history_replays(client: Client) -> None:
    """Whatever a test did to its loans, their histories must lead a fresh worker to the same decisions."""
    replayer = Replayer(workflows=[LoanWorkflow], data_converter=CONVERTER, interceptors=[Doorkeeper()])
    async for execution in client.list_workflows():
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        await replayer.replay_workflow(history)


def loans_worker(lender: Lender) -> Worker:
    origination = Origination(
        lender.books, customers=lender.people, officers=lender.people, evidence=lender.evidence, signals=QuietSignals()
    )
    servicing = Servicing(lender.books)
    providers = providers_of(lender)
    return Worker(
        lender.client,
        task_queue=LOANS,
        workflows=[LoanWorkflow],
        activities=[*origination.activities, *servicing.activities, *providers.enquiries],
        interceptors=[RefusalInterceptor(), Doorkeeper()],
    )


def providers_of(lender: Lender) -> Providers:
    return Providers(lender.identity, lender.bureau, lender.rail, lender.evidence)


def providers_worker(lender: Lender) -> Worker:
    return Worker(
        lender.client,
        task_queue=PROVIDERS,
        activities=providers_of(lender).activities,
        interceptors=[RefusalInterceptor()],
    )
