"""The whole house in one process: API, workers and provider sandbox, on the real Temporal and the real Postgres.

Everything that anybody would see of it from outside is kept: spans, in memory.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion

from api.main import create_app
from api.parts import Parts, open_parts
from infrastructure.deployment import make_current
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.products import Products
from infrastructure.settings import Settings
from infrastructure.telemetry.tracing import Discreet, trace_calls, traced
from infrastructure.temporal import connect
from stack.temporal_server import TemporalServer
from tests.api.desk import now
from tests.fakes import product
from tests.namespaces import new_namespace
from tests.sandbox.running import Sandbox, running_sandbox, served
from tests.servers import Database
from worker import workers

# Somebody whom no log line and no span may mention.
ADA = {
    "given_name": "Augusta-Ada",
    "family_name": "Lovelace-Byron",
    "date_of_birth": "1985-12-10",
    "country": "US",
    "email": "ada.lovelace@example.com",
    "password": "correct horse battery staple",
    "annual_income": {"amount": "90123.45", "currency": "USD"},
    "bank_account": "US-000987654321",
}
PERSONAL = ("Augusta", "Lovelace", "1985-12-10", "ada.lovelace", "correct horse", "90123", "9012345", "000987654321")


@dataclass
class House:
    """Seen by one customer, Ada. `address` is where both doors answer by HTTP."""

    address: str
    parts: Parts
    http: httpx.AsyncClient
    client: Client
    sandbox: Sandbox
    engine: AsyncEngine
    spans: InMemorySpanExporter
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: object) -> Any:
        headers = {**self.headers, "Idempotency-Key": uuid4().hex}
        answer = await self.http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path, headers=self.headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def let_ada_in(self) -> None:
        await self.post("/api/v1/customers", ADA)
        token = await self.post("/api/v1/auth/token", {"username": ADA["email"], "password": ADA["password"]})
        self.headers = {"Authorization": f"Bearer {token['access_token']}"}

    async def offered_loan(self, product_code: str = "personal") -> str:
        application = {
            "product_code": product_code,
            "amount": {"amount": "1200.00", "currency": "USD"},
            "installments": 12,
        }
        loan_id: str = (await self.post("/api/v1/loans", application))["loan_id"]
        await self.until(loan_id, "offered")
        return loan_id

    async def active_loan(self) -> str:
        """The id of a loan that was applied for, accepted and paid out."""
        loan_id = await self.offered_loan()
        offer = await self.get(f"/api/v1/loans/{loan_id}/offer")
        await self.post(f"/api/v1/loans/{loan_id}/accept", {"offer_digest": offer["digest"]})
        await self.until(loan_id, "active")
        return loan_id

    async def until(self, loan_id: str, status: str) -> None:
        async with asyncio.timeout(20):
            while (await self.get(f"/api/v1/loans/{loan_id}"))["status"] != status:  # noqa: ASYNC110  no event over HTTP
                await asyncio.sleep(0.05)

    async def let_pass(self, loan_id: str, days: int) -> None:
        await self.post(f"/api/sandbox/loans/{loan_id}/advance", {"days": days})

    async def span(self, name: str, holds: Callable[[ReadableSpan], bool] = lambda _: True) -> ReadableSpan:
        """The first span of this name, once it has ended."""
        async with asyncio.timeout(10):
            while True:
                for span in self.spans.get_finished_spans():
                    if span.name == name and holds(span):
                        return span
                await asyncio.sleep(0.05)


@asynccontextmanager
async def one_process(database: Database, temporal: TemporalServer) -> AsyncIterator[House]:
    async with AsyncExitStack() as resources:
        settings = await _settings(database, temporal)
        provider, spans = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(Discreet(spans)))
        resources.enter_context(traced(provider))
        parts = await resources.enter_async_context(open_parts(settings, provider))
        app = create_app(settings, parts, provider)
        address = await resources.enter_async_context(served(app))
        sandbox = await resources.enter_async_context(_sandbox_that_calls(address, settings))
        told = settings.model_copy(update=dict.fromkeys(("kyc_url", "bureau_url", "payments_url"), sandbox.url))
        engine = create_engine(settings.database_url.get_secret_value())
        resources.push_async_callback(engine.dispose)
        await Products(engine).create(product(), now())
        client = await _start_workers(told, provider, engine, resources)
        http = await resources.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tenor")
        )
        house = House(address, parts, http, client, sandbox, engine, spans)
        await house.let_ada_in()
        yield house


async def _settings(database: Database, temporal: TemporalServer) -> Settings:
    key = ec.generate_private_key(ec.SECP256R1())
    return Settings.model_validate(
        {
            "environment": "development",
            "sandbox_enabled": True,
            "database_url": database.application_url,
            "temporal_address": temporal.address,
            "temporal_namespace": await new_namespace(temporal.address),
            "jwt_private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        }
    )


@asynccontextmanager
async def _sandbox_that_calls(address: str, settings: Settings) -> AsyncIterator[Sandbox]:
    secrets = {
        "kyc_webhook_secret": settings.kyc_webhook_secret.get_secret_value(),
        "payments_webhook_secret": settings.payments_webhook_secret.get_secret_value(),
    }
    async with running_sandbox(callback_url=address, **secrets) as sandbox:
        yield sandbox


async def _start_workers(
    settings: Settings, provider: TracerProvider, engine: AsyncEngine, resources: AsyncExitStack
) -> Client:
    client = await connect(settings, traces=provider)
    version = WorkerDeploymentVersion(settings.deployment_name, settings.build_id)
    await make_current(client, version)
    http = await resources.enter_async_context(httpx.AsyncClient())
    trace_calls(http, provider)
    for worker in workers(settings, client, version, engine, http):
        await resources.enter_async_context(worker)
    return client
