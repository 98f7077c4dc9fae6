"""What the API is made of, opened once for the life of the process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx
from opentelemetry.sdk.trace import TracerProvider
from temporalio.converter import PayloadCodec

from api.closing_desk import ClosingDesk, TemporalClosingDesk
from api.desk import LoanDesk, OnceOnly
from api.rotation_desk import RotationDesk, TemporalRotationDesk
from api.temporal_desk import TemporalDesk
from infrastructure.keys.choosing import key_provider
from infrastructure.limits import Limits
from infrastructure.loan_clock import LoanClock
from infrastructure.oidc import Oidc
from infrastructure.passwords import Passwords
from infrastructure.payload_codec import SealedPayloads
from infrastructure.postgres.acceptances import Acceptances
from infrastructure.postgres.admission import Admission
from infrastructure.postgres.branches import Branches
from infrastructure.postgres.correspondence import Correspondence
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.delegations import Delegations
from infrastructure.postgres.documents import Documents
from infrastructure.postgres.door_log import DoorLog
from infrastructure.postgres.engine import create_engine, is_ready
from infrastructure.postgres.erasure import Erasure
from infrastructure.postgres.event_deliveries import Deliveries
from infrastructure.postgres.event_endpoints import Endpoints
from infrastructure.postgres.evidence import PostgresEvidence
from infrastructure.postgres.export import Export
from infrastructure.postgres.key_rotation import PostgresWrappedKeys
from infrastructure.postgres.ledger import Ledger
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.lockouts import Lockouts
from infrastructure.postgres.operations import Operations
from infrastructure.postgres.past_applications import PastApplications
from infrastructure.postgres.portfolio import PostgresPortfolio
from infrastructure.postgres.products import Products
from infrastructure.postgres.queues import Queues
from infrastructure.postgres.reconciliations import Reconciliations
from infrastructure.postgres.referred import Referred
from infrastructure.postgres.refusals import Refusals
from infrastructure.postgres.sign_ins import SignIns
from infrastructure.postgres.signals import PostgresSignals
from infrastructure.postgres.users import Users
from infrastructure.postgres.views import Views
from infrastructure.providers.connection import ProviderConnection
from infrastructure.providers.statements import LARGEST_STATEMENT, HttpStatements
from infrastructure.providers.webhooks import WebhookReader
from infrastructure.security import Tokens
from infrastructure.settings import Settings
from infrastructure.telemetry import sdk
from infrastructure.temporal import connect


class Clock(Protocol):
    """A loan's own clock, by the id of its workflow."""

    async def now(self, workflow_id: str) -> datetime: ...

    async def advance(self, workflow_id: str, to: datetime) -> datetime: ...


@dataclass(frozen=True, kw_only=True)
class Parts:
    """`clock` is None where time only passes by itself, `oidc` where there is no identity provider but us."""

    settings: Settings
    tokens: Tokens
    desk: LoanDesk
    views: Views
    users: Users
    branches: Branches
    customers: Customers
    documents: Documents
    products: Products
    portfolio: PostgresPortfolio
    closing: ClosingDesk
    ledger: Ledger
    operations: Operations
    webhooks: WebhookReader
    endpoints: Endpoints
    erasure: Erasure
    export: Export
    wrapped_keys: PostgresWrappedKeys
    rotation: RotationDesk
    deliveries: Deliveries
    queues: Queues
    refusals: Refusals
    acceptances: Acceptances
    correspondence: Correspondence
    referred: Referred
    delegations: Delegations
    reconciliations: Reconciliations
    signals: PostgresSignals
    past_applications: PastApplications
    statements: HttpStatements
    codec: PayloadCodec
    books_are_ready: Callable[[], Awaitable[bool]]
    sign_ins: SignIns
    admission: Admission
    lockouts: Lockouts
    door_log: DoorLog
    limits: Limits = field(default_factory=Limits)
    passwords: Passwords = field(default_factory=Passwords)
    oidc: Oidc | None = None
    clock: Clock | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def open_parts(settings: Settings, traces: TracerProvider) -> AsyncIterator[Parts]:
    """Opens while Temporal or Postgres is away, too: each request finds out for itself."""
    engine = create_engine(settings.database_url.get_secret_value())
    client = await connect(settings, lazy=True, traces=traces, runtime=sdk.runtime())
    clock = LoanClock(client) if settings.sandbox_enabled else None
    provider = key_provider(settings)
    keys = DataKeys(engine, provider)
    views, http, limits = Views(engine), httpx.AsyncClient(), Limits.of(settings)
    try:
        yield Parts(
            settings=settings,
            tokens=Tokens(settings),
            desk=OnceOnly(TemporalDesk(clock.client if clock else client), views, PostgresLoanBooks(engine)),
            views=views,
            users=Users(engine, keys),
            branches=Branches(engine),
            customers=Customers(engine, keys),
            documents=Documents(engine, keys),
            products=Products(engine),
            portfolio=PostgresPortfolio(engine),
            closing=TemporalClosingDesk(client),
            ledger=Ledger(engine),
            operations=Operations(engine),
            webhooks=_webhooks(settings),
            endpoints=Endpoints(engine, keys),
            erasure=Erasure(engine),
            export=Export(engine, keys),
            wrapped_keys=PostgresWrappedKeys(engine, provider),
            rotation=TemporalRotationDesk(client),
            deliveries=Deliveries(engine),
            queues=Queues(engine),
            refusals=Refusals(engine),
            acceptances=Acceptances(engine, keys),
            correspondence=Correspondence(engine, keys),
            referred=Referred(engine),
            delegations=Delegations(engine),
            reconciliations=Reconciliations(engine),
            signals=PostgresSignals(engine, keys),
            past_applications=PastApplications(engine, PostgresEvidence(engine, keys)),
            statements=statements(settings, http),
            codec=SealedPayloads(provider),
            books_are_ready=lambda: is_ready(engine),
            sign_ins=SignIns(engine, timedelta(hours=settings.sign_in_hours)),
            admission=Admission(engine),
            lockouts=Lockouts(engine),
            door_log=DoorLog(engine),
            limits=limits,
            oidc=Oidc.of(settings, http),
            clock=clock,
        )
    finally:
        await limits.aclose()
        await http.aclose()
        await engine.dispose()


def statements(settings: Settings, http: httpx.AsyncClient) -> HttpStatements:
    rail = ProviderConnection(
        name="payments",
        base_url=settings.payments_url,
        api_key=settings.payments_api_key.get_secret_value(),
        http=http,
        largest_answer=LARGEST_STATEMENT,
    )
    return HttpStatements(rail)


def _webhooks(settings: Settings) -> WebhookReader:
    return WebhookReader(
        kyc=[settings.kyc_webhook_secret.get_secret_value()],
        payments=[settings.payments_webhook_secret.get_secret_value()],
    )
