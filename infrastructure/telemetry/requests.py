"""What every HTTP request tells an operator: one log line, by route and loan, and ids to find more by."""

import re
import time
from typing import Final
from uuid import uuid4

import structlog
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infrastructure.telemetry.tracing import PROBES

log = structlog.stdlib.get_logger(__name__)

REQUEST_ID: Final = "X-Request-ID"
_ACCEPTABLE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOAN: Final = re.compile(r"/loans/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/|$)")


class LogRequests:
    """Binds what every line of a request carries. Nothing is unbound: a server's own line on a failure comes later, and
    servers give each request a context of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in PROBES:
            with suppress_instrumentation():  # its SQL would be a trace of its own
                await self._app(scope, receive, send)
        else:
            await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status, request_id = time.perf_counter(), 500, _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id, **_loan(scope), **_trace())

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            spent = round((time.perf_counter() - started) * 1000, 1)
            log.info("request", method=scope["method"], route=route_of(scope), status=status, milliseconds=spent)


def route_of(scope: Scope) -> str | None:
    """The template of the whole path, without ids; None where there is nothing."""
    traced: str | None = getattr(scope.get("fastapi.telemetry"), "route", None)
    return traced or getattr(scope.get("route"), "path", None)


def _request_id(scope: Scope) -> str:
    """The caller's, where it is one that a log can hold."""
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _ACCEPTABLE_ID.fullmatch(given) else str(uuid4())


def _loan(scope: Scope) -> dict[str, str]:
    found = _LOAN.search(scope["path"])
    return {"loan_id": found[1]} if found else {}


def _trace() -> dict[str, str]:
    span = trace.get_current_span().get_span_context()
    return {"trace_id": trace.format_trace_id(span.trace_id)} if span.is_valid else {}
