"""What a loan costs Temporal and Postgres, beside the least that could be asked of them: all in one run, as ratios.

Applications end declined, so that each ends by itself: recorded, both providers asked, decided by policy, closed.
Providers answer at once and in this process: what is measured is ours.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.worker import Worker

from activities.origination import Origination
from activities.providers import Providers
from activities.refusals import RefusalInterceptor
from activities.servicing import Servicing
from bench.baselines import BASELINE, FiveActivities, Nothing
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
from infrastructure.workflow_runner import SANDBOX
from stack.blueprint import TENOR
from stack.stack import Stack
from tests.fakes import FakeBureau, FakeIdentity, FakePeople, FakeRail, QuietSignals
from workflows.doorkeeper import Doorkeeper
from workflows.loan import LoanWorkflow
from workflows.options import LOANS, PROVIDERS, workflow_id
from workflows.starting import start_loan

RESULTS = Path(__file__).parent / "results" / "cost.json"
ROUNDS = 5
BATCH = 60  # of each, in a round
AT_ONCE = 10
COMPARED = (
    ("origination", "no-op workflow"),
    ("origination", "five regular activities"),
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

    async def five_activities(self) -> None:
        application = self.application()
        await self.client.execute_workflow(FiveActivities.run, application, id=application.loan_id, task_queue=BASELINE)

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
    """Of one kind: `per_second` is a median; `writes` how often Temporal's server wrote to its store for each."""

    per_second: float
    writes: float


async def measure(lender: Lender, metrics: str) -> dict[str, Measured]:
    """The kinds interleaved round by round."""
    lender.bureau.score = 780
    loans = await asyncio.gather(*(lender.lend() for _ in range(AT_ONCE)))
    lender.bureau.score = 300
    idle = [await _idle(lender.client) for _ in range(AT_ONCE)]
    rates: dict[str, list[float]] = {}
    writes: Counter[str] = Counter()
    for _ in range(ROUNDS):
        kinds: dict[str, list[Callable[[], Awaitable[None]]]] = {
            "no-op workflow": [lender.nothing] * BATCH,
            "origination": [lender.originate] * BATCH,
            "five regular activities": [lender.five_activities] * BATCH,
            "bare update": [_bound(lender.touch, each) for each in idle * (BATCH // AT_ONCE)],
            "payment by update": [_bound(lender.pay, each) for each in loans * (BATCH // AT_ONCE)],
        }
        for kind, deeds in kinds.items():
            before = await written(metrics)
            rates.setdefault(kind, []).append(await rate(deeds))
            writes[kind] += await written(metrics) - before
    return {
        kind: Measured(round(median(of_kind), 1), round(writes[kind] / (ROUNDS * BATCH), 1))
        for kind, of_kind in rates.items()
    }


def _bound(deed: Callable[[str], Awaitable[None]], who: str) -> Callable[[], Awaitable[None]]:
    return lambda: deed(who)


async def _idle(client: Client) -> str:
    return (await client.start_workflow(Nothing.run, True, id=str(uuid4()), task_queue=BASELINE)).id


@asynccontextmanager
async def lender_on(stack: Stack) -> AsyncIterator[Lender]:
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
    bookkeeping = [*origination.activities, *servicing.activities]
    async with (
        Worker(
            client,
            task_queue=LOANS,
            workflows=[LoanWorkflow],
            activities=[*bookkeeping, *providers.enquiries],
            interceptors=[RefusalInterceptor(), Doorkeeper()],
            workflow_runner=SANDBOX,
        ),
        Worker(client, task_queue=PROVIDERS, activities=providers.activities),
        Worker(
            client,
            task_queue=BASELINE,
            workflows=[Nothing, FiveActivities],
            activities=[*bookkeeping, *providers.enquiries],
        ),
    ):
        yield lender
    await engine.dispose()


def _somebody(details: CustomerDetails) -> CustomerDetails:
    return replace(details, annual_income=Money(900_000_00, "USD"))


async def main(stack: Stack) -> None:
    async with lender_on(stack) as lender:
        measured = await measure(lender, stack.addresses.temporal_metrics)
    ratios = {
        f"{one} / {other}": round(measured[one].per_second / measured[other].per_second, 2) for one, other in COMPARED
    }
    for kind, figures in measured.items():
        print(f"{kind:42} {figures.per_second:8.1f} /s {figures.writes:6.1f} writes of Temporal's each")
    for compared, ratio in ratios.items():
        print(f"{compared:60} {ratio:8.2f}")
    RESULTS.parent.mkdir(exist_ok=True)
    outcome = {
        "machine": machine(),
        "rounds": ROUNDS,
        "batch": BATCH,
        "at_once": AT_ONCE,
        "measured": {kind: asdict(figures) for kind, figures in measured.items()},
        "ratios": ratios,
    }
    RESULTS.write_text(json.dumps(outcome, indent=2) + "\n")


if __name__ == "__main__":
    with Stack.temporary(replace(TENOR, early=(), late=())) as stack:
        run(main(stack))
