"""Who did what at the administrative door, and who was turned away: noted after the answer, whatever it was.

Who comes without a name is counted in memory first and noted once a second: a flood must not become one of writes.
"""

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.ports import BooksUnavailable
from infrastructure.postgres.door_log import NOBODY, DoorLog
from infrastructure.security import Caller
from infrastructure.telemetry.requests import route_of

log = logging.getLogger(__name__)

LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = frozenset({*LOOKING, "POST", "PUT", "PATCH", "DELETE"})
TURNED_AWAY = frozenset({401, 403, 404, 429})
LONGEST_SUBJECT = 200
PAUSE = 1.0  # seconds


class NoteAtTheDoor:
    """Every deed, and every refusal to somebody who only wanted to look. No body, no address, no name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._unnamed: Counter[tuple[str, int]] = Counter()
        self._telling: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        status = 500

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        finally:
            if scope["method"] not in LOOKING or status in TURNED_AWAY:
                await self._note(scope, status)

    async def _note(self, scope: Scope, status: int) -> None:
        caller: Caller | None = scope.get("state", {}).get("caller")
        door_log: DoorLog = scope["app"].state.parts.door_log
        method = scope["method"] if scope["method"] in METHODS else "other"
        action = f"{method} {route_of(scope) or 'other'}"
        if caller is not None:
            subject = _subject(scope.get("path_params", {}))
            await _write(door_log, actor=caller.user_id, action=action, subject=subject, status=status)
            return
        self._unnamed[action, status] += 1
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_of_the_unnamed(door_log))

    async def _tell_of_the_unnamed(self, door_log: DoorLog) -> None:
        await asyncio.sleep(PAUSE)
        counted, self._unnamed = self._unnamed, Counter()
        for (action, status), times in counted.items():
            await _write(door_log, actor=NOBODY, action=action, subject="", status=status, times=times)


async def _write(door_log: DoorLog, **line: Any) -> None:
    try:
        await door_log.note(**line, at=datetime.now(UTC))
    except BooksUnavailable as error:
        log.warning("What happened at the door was not noted: %s", error)


def _subject(named: dict[str, Any]) -> str:
    """The ids of the address, as far as Postgres can hold them."""
    told = " ".join(f"{name}={value}" for name, value in named.items())
    return told.replace("\0", "").encode(errors="replace").decode()[:LONGEST_SUBJECT]
