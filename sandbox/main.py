"""The sandbox's application: `uvicorn --factory sandbox.main:create_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from sandbox import bureau, debits, kyc, kyc_documents, notices, payments, statements, switches
from sandbox.faults import Fault
from sandbox.settings import SandboxSettings
from sandbox.webhooks import WebhookSender
from sandbox.world import World


def create_app(settings: SandboxSettings | None = None) -> FastAPI:
    """`settings` come from the environment unless they are given."""
    told = settings or SandboxSettings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=10) as http:
            app.state.world = World(told, WebhookSender(told, http))
            yield
            await app.state.world.end()

    app = FastAPI(title="The outside world, in a sandbox", lifespan=lifespan)
    for part in (kyc, kyc_documents, bureau, payments, debits, statements, notices, switches):
        app.include_router(part.router)
    app.add_api_route("/healthz", _healthz)
    app.exception_handler(Fault)(_fault)
    app.exception_handler(RequestValidationError)(_invalid)
    return app


async def _healthz() -> dict[str, str]:
    return {"status": "ok"}


async def _fault(_: Request, error: Fault) -> JSONResponse:
    return JSONResponse({"code": error.code}, status_code=error.status)


async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
    """Names the fields, never what was in them."""
    fields = [".".join(str(part) for part in one["loc"]) for one in error.errors()]
    return JSONResponse({"code": "invalid_request", "fields": fields}, status_code=422)
