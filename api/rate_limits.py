"""Nobody may ask so often that others wait: neither one client, nor one user from many."""

from limits import RateLimitItemPerMinute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Refused, problem
from infrastructure.limits import TooMany
from infrastructure.telemetry.tracing import PROBES


class LimitClients:
    """Requests of one address, whoever sends them. `per_minute` None: any number."""

    def __init__(self, app: ASGIApp, per_minute: int | None) -> None:
        self._app = app
        self._limit = RateLimitItemPerMinute(per_minute, namespace="clients") if per_minute else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._limit and scope["path"] not in PROBES:
            try:
                await scope["app"].state.parts.limits.hit(self._limit, address_of(scope), exact=False)
            except TooMany as refusal:
                slow = slow_down("TooManyRequests", refusal)
                await problem(slow.name, str(slow), headers=slow.headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def address_of(scope: Scope) -> str:
    """Behind a proxy, uvicorn must be told to believe it, or everybody has the proxy's address."""
    return str(scope["client"][0]) if scope.get("client") else "nowhere"


def slow_down(name: str, refusal: TooMany) -> Refused:
    return Refused(name, str(refusal), {"Retry-After": str(refusal.retry_after)})
