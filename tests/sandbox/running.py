"""The real sandbox on loopback, with somebody at the callback address who keeps what is told."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.applications import Starlette

from sandbox.main import create_app
from sandbox.settings import SandboxSettings
from sandbox.world import World

WEBHOOK_SECRETS = {"kyc": "whsec_a3ljLXNlY3JldA==", "payments": "whsec_cGF5bWVudHMtc2VjcmV0"}

DOORS = {
    "kyc": "kyc",
    "bureau": "bureau",
    "payouts": "payments",
    "debits": "payments",
    "statement.csv": "payments",
    "notices": "notices",
    "switches": "admin",
}


@dataclass
class Listener:
    """Who is told by webhook. `refusals`: how many of the next deliveries are answered with a 503."""

    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    refusals: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, provider: str, request: Request) -> Response:
        if self.refusals:
            self.refusals -= 1
            return Response(status_code=503)
        self.heard.append((provider, dict(request.headers), await request.body()))
        self._more.set()
        return Response(status_code=204)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.heard]

    async def has_heard(self, count: int, within: float = 5) -> list[dict[str, Any]]:
        """The events, once there are `count` of them."""
        async with asyncio.timeout(within):
            while len(self.heard) < count:
                self._more.clear()
                await self._more.wait()
        return self.events

    async def hears_no_more(self, than: int, for_seconds: float = 0.2) -> None:
        await asyncio.sleep(for_seconds)
        assert len(self.heard) == than


@dataclass(frozen=True)
class Sandbox:
    url: str
    settings: SandboxSettings
    listener: Listener
    http: httpx.AsyncClient
    app: FastAPI

    async def forget(self) -> None:
        """Everything is as after a start."""
        await self.app.state.world.end()
        self.app.state.world = World(self.settings, self.app.state.world._webhooks)
        self.listener.heard.clear()
        self.listener.refusals = 0

    async def switch(self, provider: str, **behaviour: object) -> None:
        headers = {"authorization": f"Bearer {self.settings.admin_api_key}"}
        response = await self.http.put(f"{self.url}/switches/{provider}", json=behaviour, headers=headers)
        response.raise_for_status()

    async def ask(self, method: str, path: str, *, key: str = "key-1", **parts: Any) -> httpx.Response:
        """As a client with the right API key."""
        door = DOORS[path.lstrip("/").partition("/")[0].partition("?")[0]]
        headers = {"authorization": f"Bearer {self.settings.api_key(door)}", "idempotency-key": key}
        return await self.http.request(method, self.url + path, headers=headers, **parts)

    async def statement(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = (await self.ask("GET", "/payouts")).json()
        return lines


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """`app` on a free port of loopback, in this process; yields its address."""
    # Named TCP, or asyncio leaves Nagle on and every answer waits 40 ms.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@asynccontextmanager
async def running_sandbox(**settings: Any) -> AsyncIterator[Sandbox]:
    listener = Listener()
    ears = FastAPI()
    ears.add_api_route("/api/v1/webhooks/{provider}", listener.hear, methods=["POST"])
    async with served(ears) as callback_url, httpx.AsyncClient() as http:
        quick = {"time_out_seconds": 0.8, "webhook_retry_seconds": (0.05, 0.05), "callback_url": callback_url}
        secrets = {f"{provider}_webhook_secret": secret for provider, secret in WEBHOOK_SECRETS.items()}
        told = SandboxSettings(**{**quick, **secrets, **settings})
        app = create_app(told)
        async with served(app) as url:
            yield Sandbox(url, told, listener, http, app)
