"""The relay: hands new events out to the endpoints' queues, and works through each endpoint's by itself.

Any number of relays may run. What one of them was at when it died is tried again by another, so that an endpoint hears
of everything at least once, and of each loan in order.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from domain.ports import BooksUnavailable
from infrastructure.events.retries import EndedAs
from infrastructure.events.sending import Sender
from infrastructure.postgres.event_deliveries import Claim, Deliveries
from infrastructure.postgres.event_endpoints import Endpoint, Endpoints
from infrastructure.telemetry.deliveries import count_attempt

log = structlog.get_logger(__name__)

AT_ONCE = 16  # attempts of one endpoint at a time

_NOT_TAKEN: Mapping[EndedAs | None, str] = {
    None: "an event was not taken",
    "dead": "an event became a dead letter",
    "withheld": "a notice was withheld",
}


class Relay:
    """`senders` by an endpoint's kind; an endpoint whose kind has none waits for a relay that has one."""

    def __init__(
        self, deliveries: Deliveries, endpoints: Endpoints, senders: Mapping[str, Sender], pause_seconds: float = 0.5
    ) -> None:
        self._deliveries = deliveries
        self._endpoints = endpoints
        self._senders = senders
        self._pause = pause_seconds
        self._open: dict[str, Endpoint] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End when what is under way is done."""
        self._stopping.set()

    async def run(self) -> None:
        working: dict[str, asyncio.Task[None]] = {}
        while not self._stopping.is_set():
            try:
                self._open = await self._endpoints.open(datetime.now(UTC))
                busy = await self._deliveries.hand_out()
            except BooksUnavailable as away:
                log.warning("events wait", reason=str(away))
                busy = 0
            working = {name: task for name, task in working.items() if not _has_ended(task)}
            for name, endpoint in self._open.items():
                if name not in working and endpoint.kind in self._senders:
                    working[name] = asyncio.create_task(self._serve(name))
            if not busy:
                await self._rest()
        await asyncio.gather(*working.values())

    async def _serve(self, endpoint_id: str) -> None:
        """Until the endpoint is closed. However slow or broken it is, it holds up nobody else."""
        while not self._stopping.is_set() and (endpoint := self._open.get(endpoint_id)):
            try:
                claims = await self._deliveries.claim(endpoint_id, AT_ONCE)
                await asyncio.gather(*(self._deliver(endpoint, claim) for claim in claims))
            except BooksUnavailable as away:
                log.warning("deliveries wait", endpoint=endpoint_id, reason=str(away))
                claims = []
            if not claims:
                await self._rest()

    async def _deliver(self, endpoint: Endpoint, claim: Claim) -> None:
        answer = await self._senders[endpoint.kind].send(endpoint, claim.event)
        if answer.error is None:
            await self._deliveries.delivered(claim, answer.status_code)
            count_attempt("delivered")
            return
        ended = await self._deliveries.failed(claim, answer.status_code, answer.error, answer.ends_as)
        count_attempt(ended or "failed")
        noted = {"endpoint": endpoint.id, "event_id": claim.event.id, "attempt": claim.attempts, "error": answer.error}
        log.warning(_NOT_TAKEN[ended], **noted)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._pause):
                await self._stopping.wait()
        except TimeoutError:
            return


def _has_ended(task: asyncio.Task[None]) -> bool:
    """A fault of ours in one endpoint's work is told, and the work begun anew: it must not stop the others."""
    if task.done() and not task.cancelled() and (error := task.exception()):
        log.error("the work for an endpoint broke off", exc_info=error)
    return task.done()
