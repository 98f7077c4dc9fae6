"""One way of speaking to every provider: bounded in time and size, with errors that say whether to ask again."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPMethod
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from domain.ports import ProviderRefused, ProviderUnavailable
from infrastructure.providers.answers import ProviderAnswer, RefusalAnswer

A = TypeVar("A", bound=ProviderAnswer)

_LARGEST_ANSWER = 64 * 1024  # bytes

# A 4xx that speaks of us or of this moment (credentials, address, haste), not of what was asked, whatever its body is.
# A person mends the first two; until then no application is declined and no payout is called failed for it.
_NOT_A_REFUSAL = frozenset({401, 403, 405, 407, 408, 409, 421, 423, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """`name` is ours, and tells nothing of the customer."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConnection:
    """`name` is for messages. `timeout_seconds` bounds a whole call, however slowly the answer drips in."""

    name: str
    base_url: str
    api_key: str = field(repr=False)
    http: httpx.AsyncClient = field(repr=False)
    connect_timeout_seconds: float = 2
    timeout_seconds: float = 10
    largest_answer: int = _LARGEST_ANSWER

    async def post(self, path: str, *, key: str, body: Mapping[str, object]) -> bytes:
        """Ask for something to be done, once per `key`. Raises ProviderRefused and ProviderUnavailable."""
        return await self._call(HTTPMethod.POST, path, {"idempotency-key": key}, json=body)

    async def upload(self, path: str, *, key: str, fields: Mapping[str, str], file: SentFile) -> bytes:
        """A multipart form, with the file as its field `file`. Once per `key`, as `post`, with the same refusals."""
        part = (file.name, file.content, file.media_type)
        return await self._call(HTTPMethod.POST, path, {"idempotency-key": key}, data=fields, files={"file": part})

    async def get(self, path: str) -> bytes:
        """Raises ProviderRefused and ProviderUnavailable."""
        return await self._call(HTTPMethod.GET, path, {})

    def read(self, kind: type[A], content: bytes) -> A:
        """Raises ProviderUnavailable for an answer that isn't what was agreed on."""
        answer = _parsed(kind, content)
        if answer is None:
            raise self.not_understood()
        return answer

    def not_understood(self) -> ProviderUnavailable:
        return ProviderUnavailable(f"{self.name}: the answer is not what was agreed on")

    async def _call(self, method: HTTPMethod, path: str, headers: dict[str, str], **body: Any) -> bytes:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                status, content = await self._exchange(method, path, headers, body)
        except (TimeoutError, httpx.TimeoutException):
            raise ProviderUnavailable(f"{self.name}: no answer within {self.timeout_seconds} seconds") from None
        except httpx.HTTPError as error:
            raise ProviderUnavailable(f"{self.name}: cannot be reached ({type(error).__name__})") from None
        self._raise_for(status, content)
        return content

    async def _exchange(
        self, method: HTTPMethod, path: str, headers: dict[str, str], body: Mapping[str, Any]
    ) -> tuple[int, bytes]:
        content = bytearray()
        async with self.http.stream(
            method,
            self.base_url.rstrip("/") + path,
            headers={"authorization": f"Bearer {self.api_key}", "accept-encoding": "identity", **headers},
            timeout=httpx.Timeout(self.timeout_seconds, connect=self.connect_timeout_seconds),
            follow_redirects=False,
            **body,
        ) as response:
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > self.largest_answer:
                    raise self.not_understood()
        return response.status_code, bytes(content)

    def _raise_for(self, status: int, content: bytes) -> None:
        if 200 <= status < 300:
            return
        refusal = _parsed(RefusalAnswer, content)  # without one it isn't the provider's word: a proxy's page, perhaps
        if refusal is None or not 400 <= status < 500 or status in _NOT_A_REFUSAL:
            raise ProviderUnavailable(f"{self.name}: HTTP {status}")
        raise ProviderRefused(refusal.code)


def _parsed(kind: type[A], content: bytes) -> A | None:
    try:
        return kind.model_validate_json(content)
    except ValidationError:
        return None
