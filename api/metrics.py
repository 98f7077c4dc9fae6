"""What Prometheus is told of this process: requests by route and status, and refusals. The worker tells of loans."""

import time

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infrastructure.telemetry.requests import route_of

REQUESTS = Counter("tenor_http_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("tenor_http_request_seconds", "Time to answer", ["method", "route"])
PROBLEMS = Counter("tenor_http_problems", "Requests refused or failed, by the type of the problem", ["type"])


class CountRequests:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), "500"

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            method, route = _method(scope), route_of(scope) or "other"
            REQUESTS.labels(method, route, status).inc()
            SECONDS.labels(method, route).observe(time.perf_counter() - started)


def _method(scope: Scope) -> str:
    """One of the usual ones: callers must not invent labels."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return str(scope["method"]) if scope["method"] in known else "other"
