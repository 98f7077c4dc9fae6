"""The two doors: a public one for borrowers and providers, one for the lender's people. Each can be deployed alone.

uvicorn --factory api.main:create_public_app
uvicorn --factory api.main:create_admin_app
uvicorn --factory api.main:create_app            # both on one port, for development
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from opentelemetry.sdk.trace import TracerProvider
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from api import health, sandbox
from api.admin import (
    applications,
    branches,
    codec,
    corrections,
    delegations,
    door_log,
    event_endpoints,
    keys,
    ledger,
    policies,
    portfolio,
    queues,
    receipts,
    reconciliations,
    users,
)
from api.admin import customers as admin_customers
from api.admin import documents as admin_documents
from api.admin import loans as admin_loans
from api.admin import products as admin_products
from api.body_limit import LimitBody
from api.door_log import NoteAtTheDoor
from api.errors import IDEMPOTENCY_KEY, handle_errors
from api.headers import SecurityHeaders
from api.metrics import CountRequests
from api.openapi import describe
from api.parts import Parts, open_parts
from api.public import calendars, customers, documents, loans, products, quotes, sign_ins, tokens, webhooks
from api.rate_limits import LimitClients
from infrastructure.settings import Settings
from infrastructure.telemetry.logs import configure_logging
from infrastructure.telemetry.requests import REQUEST_ID, LogRequests
from infrastructure.telemetry.tracing import request_tracing, traced, tracer_provider

VERSION = "1"
LARGEST_BODY = 256 * 1024  # bytes
FORM_AROUND_A_FILE = 64 * 1024  # bytes
UPLOADS = "/api/v1/me/documents"
ADMIN = "/api/admin"
CORS: Any = {
    "allow_methods": ("GET", "POST"),
    "allow_headers": ("Authorization", "Content-Type", IDEMPOTENCY_KEY),
    "expose_headers": ("Location", "Retry-After", REQUEST_ID),
}

PUBLIC_ROUTERS = (
    tokens.router,
    sign_ins.router,
    customers.router,
    documents.router,
    products.router,
    calendars.router,
    quotes.router,
    loans.router,
    webhooks.router,
)
ADMIN_ROUTERS = (
    tokens.router,
    sign_ins.router,
    applications.router,
    delegations.router,
    admin_loans.router,
    admin_documents.router,
    corrections.router,
    receipts.router,
    admin_products.router,
    policies.router,
    users.router,
    admin_customers.router,
    keys.router,
    branches.router,
    door_log.router,
    ledger.router,
    event_endpoints.router,
    queues.router,
    reconciliations.router,
    portfolio.router,
    codec.router,
)


def create_public_app(
    settings: Settings | None = None, parts: Parts | None = None, traces: TracerProvider | None = None
) -> FastAPI:
    """`parts` and `traces` given (by tests, or shared by both apps) are used as they are."""
    settings = settings or _own_settings()
    traces = traces or tracer_provider(settings, "api")
    app = _app("Tenor", "Apply for loans, accept offers, pay.", "", settings=settings, parts=parts, traces=traces)
    _include(app, "/api/v1", PUBLIC_ROUTERS)
    if settings.sandbox_enabled:
        _include(app, "", (sandbox.router,))
    return app


def create_admin_app(
    settings: Settings | None = None, parts: Parts | None = None, traces: TracerProvider | None = None
) -> FastAPI:
    settings = settings or _own_settings()
    traces = traces or tracer_provider(settings, "admin")
    app = _app(
        "Tenor admin", "Decide, book, and look after loans.", ADMIN, settings=settings, parts=parts, traces=traces
    )
    app.add_middleware(NoteAtTheDoor)
    app.add_middleware(codec.AllowTemporalUi, ui_url=settings.temporal_ui_url)
    _include(app, f"{ADMIN}/v1", ADMIN_ROUTERS)
    return app


def create_app(
    settings: Settings | None = None, parts: Parts | None = None, traces: TracerProvider | None = None
) -> Starlette:
    settings = settings or _own_settings()
    traces = traces or tracer_provider(settings, "api")
    public, admin = create_public_app(settings, parts, traces), create_admin_app(settings, parts, traces)

    async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
        app = admin if scope["path"].startswith(f"{ADMIN}/") else public
        await app({**scope, "app": app}, receive, send)

    both = Starlette(lifespan=None if parts else _opening(settings, traces, public, admin))
    both.router.default = by_path  # a mount would turn away a path that holds a line break, without a problem
    return both


def _own_settings() -> Settings:
    """Of a process that is this API and nothing else, so that its logs are ours as well."""
    settings = Settings.load()
    configure_logging(settings)
    return settings


def _app(
    title: str, description: str, root: str, *, settings: Settings, parts: Parts | None, traces: TracerProvider
) -> FastAPI:
    app = FastAPI(
        title=title,
        version=VERSION,
        description=description,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{root}/openapi.json",
        redirect_slashes=False,
        telemetry=request_tracing(traces),
        lifespan=None if parts else _opening(settings, traces),
    )
    app.state.parts = parts
    larger = {UPLOADS: settings.document_bytes + FORM_AROUND_A_FILE}
    app.add_middleware(LimitBody, most=LARGEST_BODY, larger=larger)
    app.add_middleware(LimitClients, per_minute=settings.requests_per_client)
    if origins := settings.admin_cors_origins if root else settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=origins, **CORS)
    app.add_middleware(SecurityHeaders, docs_url=f"{root}/docs")
    app.add_middleware(CountRequests)
    app.add_middleware(LogRequests)
    handle_errors(app)
    _include(app, "", (health.router,))
    describe(app, docs_url=f"{root}/docs", token_url=f"{root or '/api'}/v1/auth/token")
    return app


def _opening(
    settings: Settings, traces: TracerProvider, *apps: FastAPI
) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """Opens the parts for as long as the server lives, for `apps` or for the one that is started."""

    @asynccontextmanager
    async def lifespan(started: Any) -> AsyncIterator[None]:
        with traced(traces):
            async with open_parts(settings, traces) as parts:
                for app in apps or (started,):
                    app.state.parts = parts
                yield

    return lifespan


def _include(app: FastAPI, prefix: str, routers: Iterable[APIRouter]) -> None:
    for router in routers:
        app.include_router(router, prefix=prefix)
