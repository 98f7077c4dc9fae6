"""The worker's composition root: the only place that builds adapters for activities."""

import asyncio
import signal
from contextlib import AsyncExitStack

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.heartbeats import Heartbeats
from activities.key_rotation import KeyRotation
from activities.origination import Origination
from activities.portfolio import ClosingOfBooks
from activities.providers import Providers
from activities.refusals import RefusalInterceptor
from activities.servicing import Servicing
from infrastructure.deployment import make_current
from infrastructure.entry import run
from infrastructure.keys.choosing import key_provider
from infrastructure.loan_signals import TemporalLoanWorkflows
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.evidence import PostgresEvidence
from infrastructure.postgres.key_rotation import PostgresWrappedKeys
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.portfolio import PostgresPortfolio
from infrastructure.postgres.shown_documents import ShownDocuments
from infrastructure.postgres.signals import PostgresSignals
from infrastructure.postgres.users import Users
from infrastructure.providers.bureau import HttpCreditBureau
from infrastructure.providers.connection import ProviderConnection
from infrastructure.providers.kyc import HttpIdentityProvider
from infrastructure.providers.payments import HttpPaymentRail
from infrastructure.settings import Settings
from infrastructure.telemetry.activities import ActivityTelemetry
from infrastructure.telemetry.logs import configure_logging
from infrastructure.telemetry.metrics import LenderMetrics, lender_metrics, serving_metrics
from infrastructure.telemetry.sdk import SdkMetrics
from infrastructure.telemetry.tracing import trace_calls, traced, tracer_provider
from infrastructure.temporal import connect
from infrastructure.workflow_runner import WORKFLOWS
from workflows.close_of_business import CloseOfBusinessWorkflow
from workflows.closing import schedule_closing
from workflows.doorkeeper import Doorkeeper
from workflows.loan import LoanWorkflow
from workflows.options import LOANS, PROVIDERS, STICKY_PATIENCE, workflow_id
from workflows.rotate_keys import RotateKeysWorkflow


async def main(settings: Settings) -> None:
    configure_logging(settings)
    async with AsyncExitStack() as resources:
        traces, sdk = tracer_provider(settings, "worker"), SdkMetrics()
        resources.enter_context(traced(traces))
        client = await connect(settings, traces=traces, runtime=sdk.runtime)
        engine = create_engine(settings.database_url.get_secret_value())
        resources.push_async_callback(engine.dispose)
        http = await resources.enter_async_context(httpx.AsyncClient())
        trace_calls(http, traces)
        version = WorkerDeploymentVersion(settings.deployment_name, settings.build_id)
        if (
            settings.environment == "development"
        ):  # elsewhere a deploy step says so: python -m infrastructure.deployment
            await make_current(client, version)
        for worker in workers(settings, client, version, engine, http):
            await resources.enter_async_context(worker)
        await schedule_closing(client)
        books = LenderMetrics(lambda: lender_metrics(engine), asyncio.get_running_loop())
        resources.enter_context(serving_metrics(settings, sdk, books))
        await _told_to_stop()


def workers(
    settings: Settings, client: Client, version: WorkerDeploymentVersion, engine: AsyncEngine, http: httpx.AsyncClient
) -> list[Worker]:
    """One for loans and what applicants wait for, one for money on its way: a day of debits holds up no applicant."""
    provider = key_provider(settings)
    keys = DataKeys(engine, provider)
    customers = Customers(engine, keys)
    books = PostgresLoanBooks(engine)
    evidence = PostgresEvidence(engine, keys)
    origination = Origination(
        books,
        customers=customers,
        officers=Users(engine, keys),
        evidence=evidence,
        signals=PostgresSignals(engine, keys),
    )
    servicing = Servicing(books)
    portfolio = PostgresPortfolio(engine, settings.loans_of_a_partition)
    closing = ClosingOfBooks(portfolio, books, TemporalLoanWorkflows(client, workflow_id))
    providers = _providers(settings, http, customers, evidence, ShownDocuments(engine, keys))
    rotation = KeyRotation(PostgresWrappedKeys(engine, provider))
    deployment = WorkerDeploymentConfig(
        version=version,
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
    return [
        Worker(
            client,
            task_queue=LOANS,
            workflows=[LoanWorkflow, CloseOfBusinessWorkflow, RotateKeysWorkflow],
            activities=[
                *origination.activities,
                *servicing.activities,
                *providers.enquiries,
                *closing.activities,
                *rotation.activities,
            ],
            interceptors=[ActivityTelemetry(), RefusalInterceptor(), Doorkeeper(), Heartbeats()],
            deployment_config=deployment,
            sticky_queue_schedule_to_start_timeout=STICKY_PATIENCE,
            **WORKFLOWS,
        ),
        Worker(
            client,
            task_queue=PROVIDERS,
            activities=providers.activities,
            interceptors=[ActivityTelemetry(), RefusalInterceptor()],
            deployment_config=deployment,
        ),
    ]


def _providers(
    settings: Settings,
    http: httpx.AsyncClient,
    customers: Customers,
    evidence: PostgresEvidence,
    documents: ShownDocuments,
) -> Providers:
    kyc = ProviderConnection(
        name="KYC", base_url=settings.kyc_url, api_key=settings.kyc_api_key.get_secret_value(), http=http
    )
    bureau = ProviderConnection(
        name="bureau", base_url=settings.bureau_url, api_key=settings.bureau_api_key.get_secret_value(), http=http
    )
    payments = ProviderConnection(
        name="payments", base_url=settings.payments_url, api_key=settings.payments_api_key.get_secret_value(), http=http
    )
    return Providers(
        HttpIdentityProvider(kyc, customers, documents),
        HttpCreditBureau(bureau, customers),
        HttpPaymentRail(payments, customers),
        evidence,
    )


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    await stop.wait()


if __name__ == "__main__":
    run(main(Settings.load()))
