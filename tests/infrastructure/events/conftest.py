"""A relay over real books, and somebody real at the other end."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ports import Notifier
from infrastructure.events.notices import NoticeSender
from infrastructure.events.relay import Relay
from infrastructure.events.sending import Sender, WebhookSender
from infrastructure.postgres.event_deliveries import Deliveries
from infrastructure.postgres.event_endpoints import AddEndpoint, Endpoints
from infrastructure.postgres.notices import Notices
from tests.infrastructure.postgres.conftest import Bank, bank, engine
from tests.keys import data_keys
from tests.sandbox.running import served

__all__ = ["bank", "engine"]  # fixtures, for the tests beside this file

Event = dict[str, Any]


@dataclass
class Listener:
    """An integrator's server. `answer` says with which status an event is answered."""

    url: str = ""
    answer: Callable[[Event], int] = lambda event: 204
    heard: list[Event] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def hear(self, request: Request) -> Response:
        body = await request.body()
        event = json.loads(body)
        status = self.answer(event)
        if 200 <= status < 300:
            self.heard.append(event)
            self.headers.append(dict(request.headers))
            self.bodies.append(body)
        return Response(status_code=status, headers={"location": self.url} if status == 302 else None)

    @property
    def of_loans(self) -> dict[str, list[int]]:
        """The sequence numbers heard, by loan, in the order in which they were."""
        numbers = defaultdict(list)
        for event in self.heard:
            numbers[event["subject"]].append(int(event["sequence"]))
        return numbers


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener, ears = Listener(), FastAPI()
    ears.add_api_route("/events", listener.hear, methods=["POST"])
    async with served(ears) as address:
        listener.url = f"{address}/events"
        yield listener


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


@dataclass
class Post:
    """The relay's post office, in one test's database."""

    engine: AsyncEngine
    bank: Bank

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.engine, data_keys(self.engine))

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.engine)

    async def subscribe(self, url: str, *event_types: str) -> tuple[str, str]:
        """The new endpoint's id and secret."""
        endpoint_id = str(uuid4())
        command = AddEndpoint(
            operation_id=self.bank.key(), actor="admin", endpoint_id=endpoint_id, url=url, event_types=event_types
        )
        secret = await self.endpoints.add(command, datetime.now(UTC))
        assert secret
        return endpoint_id, secret

    @asynccontextmanager
    async def relay(self, *, allow_private: bool = True, notifier: Notifier | None = None) -> AsyncIterator[None]:
        senders: dict[str, Sender] = {"webhook": WebhookSender(source="urn:tenor", allow_private=allow_private)}
        if notifier:
            await self.endpoints.configure_notifier("https://notices.example", datetime.now(UTC))
            senders["notifier"] = NoticeSender(Notices(self.engine), notifier)
        relay = Relay(self.deliveries, self.endpoints, senders, pause_seconds=0.02)
        running = asyncio.create_task(relay.run())
        try:
            yield
        finally:
            relay.stop()
            await running

    async def let_pass(self, hours: float) -> None:
        """Time passes for what waits, and how the last attempt ended is forgotten."""
        passing = "error = NULL, due_at = due_at - CAST(:by AS interval), queued_at = queued_at - CAST(:by AS interval)"
        waiting = text(f"UPDATE event_deliveries SET {passing} WHERE state = 'pending'")  # noqa: S608
        async with self.engine.begin() as connection:
            await connection.execute(waiting, {"by": timedelta(hours=hours)})

    async def states(self, endpoint_id: str) -> list[str]:
        return [row.state for row in (await self.deliveries.page(endpoint_id, limit=200)).items]

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(20):
            while True:
                answer = holds()
                if await answer if asyncio.iscoroutine(answer) else answer:
                    return
                await asyncio.sleep(0.02)


@pytest.fixture
def post(engine: AsyncEngine, bank: Bank) -> Post:
    return Post(engine, bank)
