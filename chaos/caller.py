"""Somebody who uses the API and cannot know whether a call that went wrong was carried out: they ask again."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

AWAY = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.BAD_GATEWAY, httpx.codes.GATEWAY_TIMEOUT})
PATIENCE = 120  # seconds for which a caller insists
PAUSE = 0.2


class GaveUp(Exception):
    """The API did not answer for `PATIENCE` seconds."""


class Refused(Exception):
    """The API said no."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
        self.status = answer.status_code


@dataclass(frozen=True)
class Caller:
    """`headers` carry the caller's token."""

    http: httpx.AsyncClient
    headers: Mapping[str, str] = field(repr=False)

    async def once(self, path: str, body: Any, key: str) -> httpx.Response | None:
        """One attempt. None when nobody answered, and so nobody knows."""
        try:
            return await self.http.post(path, json=body, headers={**self.headers, "Idempotency-Key": key})
        except httpx.TransportError:
            return None

    async def insist(self, path: str, body: Any, key: str) -> Any:
        """The same call with the same key until there is an answer. Raises Refused and GaveUp."""
        return await _until_answered(lambda: self.once(path, body, key))

    async def look(self, path: str, **parameters: str) -> Any:
        """A read, repeated while the API or its database is away. Raises Refused and GaveUp."""

        async def read() -> httpx.Response | None:
            try:
                return await self.http.get(path, headers=dict(self.headers), params=parameters)
            except httpx.TransportError:
                return None

        return await _until_answered(read)

    async def until(self, loan_id: str, *statuses: str) -> str:
        """Wait for what happens by itself. The status that was reached."""
        async with asyncio.timeout(PATIENCE):
            while True:
                status: str = (await self.look(f"/api/v1/loans/{loan_id}"))["status"]
                if status in statuses:
                    return status
                await asyncio.sleep(PAUSE)


async def _until_answered(call: Any) -> Any:
    try:
        async with asyncio.timeout(PATIENCE):
            while (answer := await call()) is None or answer.status_code in AWAY:  # noqa: ASYNC110  as the API says
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        raise GaveUp from None
    if answer.is_error:
        raise Refused(answer)
    return answer.json()
