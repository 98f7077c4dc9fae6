"""What a loan costs Temporal and Postgres, beside the least that could be asked of them: all in one run, as ratios.

Applications end declined, so that each ends by itself: recorded, both providers asked, decided by policy, closed.
Providers answer at once and in this process: what is measured is ours. Loans that are paid are at hand. What loans
are measured against runs in workers as the SDK sets them up by default; with `--same-worker` in workers like theirs.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker

from activities.origination import Origination
from activities.providers import Providers
from activities.refusals import RefusalInterceptor
from activities.servicing import Servicing
from bench.baselines import BASELINE, BY_WAY_OF_THE_QUEUE, FiveActivities, FiveInSilence, Nothing
from bench.machine import machine
from bench.store_writes import written
from domain.commands import AcceptOffer, ApplyForLoan, MakePayment
from domain.customer import CustomerDetails
from domain.money import Money
from infrastructure.entry import run
from infrastructure.keys.local import LocalKeys
from infrastructure.payload_codec import converter_of
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.evidence import PostgresEvidence
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.users import Users
from infrastructure.update_retry import UpdateRetry
from infrastructure.workflow_runner import WORKFLOWS, WorkflowOptions
from stack.blueprint import TENOR
from stack.stack import Stack
from tests.fakes import FakeBureau, FakeIdentity, FakePeople, FakeRail, QuietSignals
from workflows.doorkeeper import Doorkeeper
from workflows.loan import LoanWorkflow
from workflows.options import LOANS, PROVIDERS, workflow_id
from workflows.starting import found_by, start_loan

RESULTS = Path(__file__).parent / "results"
ROUNDS = 5
BATCH = 60  # of each kind of workflow, in a round
UPDATES = 240  # of each kind, in a round
PAID = 40  # loans, in turn
AT_ONCE = 10
BY_DEFAULT: WorkflowOptions = {}
COMPARED = (
    ("origination", "no-op workflow"),
    ("origination", "five regular activities"),
    ("origination", "five by way of the queue"),
    ("origination", "five in silence"),
    ("payment by update", "bare update"),
)


class Lender:
    """`bureau` decides whether applications are declined."""

    def __init__(self, client: Client, engine: AsyncEngine, customer_id: str) -> None:
        self.client, self.engine, self.customer_id = client, engine, customer_id
        self.bureau = FakeBureau(score=300)

    def application(self) -> ApplyForLoan:
        return ApplyForLoan(
            operation_id=str(uuid4()),
            loan_id=str(uuid4()),
            actor="bench",
            customer_id=self.customer_id,
            product_code="personal-loan",
            amount=Money(12_000_00, "USD"),
            installments=36,
        )

    async def nothing(self) -> None:
        await self.client.execute_workflow(Nothing.run, False, id=str(uuid4()), task_queue=BASELINE)

    async def five_activities(self, queue: str) -> None:
        application = self.application()
        start = WithStartWorkflowOperation(
            FiveActivities.run,
            id=application.loan_id,
            task_queue=queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            search_attributes=found_by(application.customer_id, application.product_code),
        )
        await self.client.execute_update_with_start_workflow(
            FiveActivities.submit, application, id=application.operation_id, start_workflow_operation=start
        )
        await self.client.get_workflow_handle(application.loan_id).result()

    async def five_in_silence(self) -> None:
        application = self.application()
        await self.client.execute_workflow(FiveInSilence.run, application, id=application.loan_id, task_queue=BASELINE)

    async def originate(self) -> None:
        application = self.application()
        await self._submit(application)
        await self.client.get_workflow_handle(workflow_id(application.loan_id)).result()

    async def lend(self) -> str:
        """An active loan's id."""
        application = self.application()
        await self._submit(application)
        books, handle = (
            PostgresLoanBooks(self.engine),
            self.client.get_workflow_handle(workflow_id(application.loan_id)),
        )
        while (await books.standing(application.loan_id)).status != "offered":  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.02)
        digest = await self._digest(application.loan_id)
        accept = AcceptOffer(operation_id=str(uuid4()), loan_id=application.loan_id, actor="bench", offer_digest=digest)
        await handle.execute_update(LoanWorkflow.accept, accept)
        while (await books.standing(application.loan_id)).status != "active":  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.02)
        return application.loan_id

    async def pay(self, loan_id: str) -> None:
        payment = MakePayment(operation_id=str(uuid4()), loan_id=loan_id, actor="bench", amount=Money(1_00, "USD"))
        handle = self.client.get_workflow_handle(workflow_id(loan_id))
        await handle.execute_update(LoanWorkflow.make_payment, payment, id=payment.operation_id)

    async def touch(self, nothing_id: str) -> None:
        await self.client.get_workflow_handle(nothing_id).execute_update(Nothing.touch)

    async def _submit(self, application: ApplyForLoan) -> None:
        await self.client.execute_update_with_start_workflow(
            LoanWorkflow.submit,
            application,
            id=application.operation_id,
            start_workflow_operation=start_loan(application),
        )

    async def _digest(self, loan_id: str) -> str:
        from infrastructure.postgres.views import Views  # the one read that a borrower would make

        offer = await Views(self.engine).offer(loan_id)
        assert offer is not None
        return offer.digest


async def rate(deeds: list[Callable[[], Awaitable[None]]]) -> float:
    """Deeds a second, `AT_ONCE` at the same time."""
    gate, began = asyncio.Semaphore(AT_ONCE), perf_counter()

    async def one(deed: Callable[[], Awaitable[None]]) -> None:
        async with gate:
            await deed()

    await asyncio.gather(*(one(deed) for deed in deeds))
    return len(deeds) / (perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one kind: deeds a second in each round, and how often Temporal's server wrote to its store for each deed."""

    rounds: tuple[float, ...]
    writes: float

    @property
    def per_second(self) -> float:
        return median(self.rounds)

    def beside(self, other: "Measured") -> float:
        """What the machine does from round to round, it does to both."""
        return median(ours / theirs for ours, theirs in zip(self.rounds, other.rounds, strict=True))


async def measure(lender: Lender, metrics: str) -> dict[str, Measured]:
    """The kinds interleaved round by round."""
    lender.bureau.score = 780
    loans = await asyncio.gather(*(lender.lend() for _ in range(PAID)))
    lender.bureau.score = 300
    idle = [await _idle(lender.client) for _ in range(PAID)]
    kinds: dict[str, list[Callable[[], Awaitable[None]]]] = {
        "no-op workflow": [lender.nothing] * BATCH,
        "origination": [lender.originate] * BATCH,
        "five regular activities": [partial(lender.five_activities, BASELINE)] * BATCH,
        "five by way of the queue": [partial(lender.five_activities, BY_WAY_OF_THE_QUEUE)] * BATCH,
        "five in silence": [lender.five_in_silence] * BATCH,
        "bare update": [partial(lender.touch, each) for each in idle * (UPDATES // PAID)],
        "payment by update": [partial(lender.pay, each) for each in loans * (UPDATES // PAID)],
    }
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    writes: Counter[str] = Counter()
    for _ in range(ROUNDS):
        for kind, deeds in kinds.items():
            before = await written(metrics)
            rates[kind].append(await rate(deeds))
            writes[kind] += await written(metrics) - before
    return {
        kind: Measured(tuple(rates[kind]), round(writes[kind] / (ROUNDS * len(deeds)), 1))
        for kind, deeds in kinds.items()
    }


async def _idle(client: Client) -> str:
    return (await client.start_workflow(Nothing.run, True, id=str(uuid4()), task_queue=BASELINE)).id


@asynccontextmanager
async def lender_on(stack: Stack, baseline: WorkflowOptions = BY_DEFAULT) -> AsyncIterator[Lender]:
    """`baseline` is how the workflows run that loans are measured against."""
    client = await Client.connect(
        stack.addresses.temporal,
        data_converter=converter_of(stack.site.credentials.local_keys),
        interceptors=[UpdateRetry()],
    )
    engine = create_engine(stack.addresses.application_database)
    lender = Lender(client, engine, str(uuid4()))
    details = await FakePeople().details(lender.customer_id)
    keys = DataKeys(engine, LocalKeys.parse(stack.site.credentials.local_keys))
    customers = Customers(engine, keys)
    await customers.create(_somebody(details), datetime.now(UTC))
    books, evidence = PostgresLoanBooks(engine), PostgresEvidence(engine, keys)
    origination, servicing = (
        Origination(
            books, customers=customers, officers=Users(engine, keys), evidence=evidence, signals=QuietSignals()
        ),
        Servicing(books),
    )
    providers = Providers(FakeIdentity(), lender.bureau, FakeRail(), evidence)
    activities = [*origination.activities, *servicing.activities, *providers.enquiries]
    async with (
        Worker(
            client,
            task_queue=LOANS,
            workflows=[LoanWorkflow],
            activities=activities,
            interceptors=[RefusalInterceptor(), Doorkeeper()],
            **WORKFLOWS,
        ),
        Worker(client, task_queue=PROVIDERS, activities=providers.activities),
        Worker(
            client,
            task_queue=BASELINE,
            workflows=[Nothing, FiveActivities, FiveInSilence],
            activities=activities,
            **baseline,
        ),
        Worker(
            client,
            task_queue=BY_WAY_OF_THE_QUEUE,
            workflows=[FiveActivities],
            activities=activities,
            disable_eager_activity_execution=True,
            **baseline,
        ),
    ):
        yield lender
    await engine.dispose()


def _somebody(details: CustomerDetails) -> CustomerDetails:
    return replace(details, annual_income=Money(900_000_00, "USD"))


async def main(stack: Stack, *, same_worker: bool) -> None:
    async with lender_on(stack, WORKFLOWS if same_worker else BY_DEFAULT) as lender:
        measured = await measure(lender, stack.addresses.temporal_metrics)
    ratios = {f"{one} / {other}": round(measured[one].beside(measured[other]), 2) for one, other in COMPARED}
    for kind, figures in measured.items():
        print(f"{kind:42} {figures.per_second:8.1f} /s {figures.writes:6.1f} writes of Temporal's each")
    for compared, ratio in ratios.items():
        print(f"{compared:60} {ratio:8.2f}")
    RESULTS.mkdir(exist_ok=True)
    outcome = {
        "machine": machine(),
        "rounds": ROUNDS,
        "batch": BATCH,
        "updates": UPDATES,
        "at_once": AT_ONCE,
        "baselines_by_the_sdks_defaults": not same_worker,
        "measured": {
            kind: {
                "per_second": round(figures.per_second, 1),
                "rounds": [round(rate, 1) for rate in figures.rounds],
                "writes": figures.writes,
            }
            for kind, figures in measured.items()
        },
        "ratios": ratios,
    }
    (RESULTS / ("cost-same-worker.json" if same_worker else "cost.json")).write_text(
        json.dumps(outcome, indent=2) + "\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.cost")
    parser.add_argument("--same-worker", action="store_true", help="all that is measured runs as loans do")
    asked = parser.parse_args()
    with Stack.temporary(replace(TENOR, early=(), late=())) as stack:
        run(main(stack, same_worker=asked.same_worker))
