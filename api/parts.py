"""What the API is made of, opened once for the life of the process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from opentelemetry.sdk.trace import TracerProvider

from api.desk import LoanDesk, OnceOnly
from api.temporal_desk import TemporalDesk
from infrastructure.loan_clock import LoanClock
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.engine import create_engine, is_ready
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.products import Products
from infrastructure.postgres.users import Users
from infrastructure.postgres.views import Views
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
    """`clock` is None where time only passes by itself."""

    settings: Settings
    tokens: Tokens
    desk: LoanDesk
    views: Views
    users: Users
    customers: Customers
    products: Products
    webhooks: WebhookReader
    books_are_ready: Callable[[], Awaitable[bool]]
    clock: Clock | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def open_parts(settings: Settings, traces: TracerProvider) -> AsyncIterator[Parts]:
    """Opens while Temporal or Postgres is away, too: each request finds out for itself."""
    engine = create_engine(settings.database_url.get_secret_value())
    client = await connect(settings, lazy=True, traces=traces, runtime=sdk.runtime())
    clock = LoanClock(client) if settings.sandbox_enabled else None
    views = Views(engine)
    try:
        yield Parts(
            settings=settings,
            tokens=Tokens(settings),
            desk=OnceOnly(TemporalDesk(clock.client if clock else client), views, PostgresLoanBooks(engine)),
            views=views,
            users=Users(engine),
            customers=Customers(engine),
            products=Products(engine),
            webhooks=_webhooks(settings),
            books_are_ready=lambda: is_ready(engine),
            clock=clock,
        )
    finally:
        await engine.dispose()


def _webhooks(settings: Settings) -> WebhookReader:
    return WebhookReader(
        kyc=[settings.kyc_webhook_secret.get_secret_value()],
        payments=[settings.payments_webhook_secret.get_secret_value()],
    )
