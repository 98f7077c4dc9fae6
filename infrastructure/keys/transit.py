"""The wrapping key in Vault's or OpenBao's transit engine, which never gives it away.

The key must be of a type with associated data: aes256-gcm96 (the default) or chacha20-poly1305.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx

from infrastructure.keys.provider import KeysRefused, KeysUnavailable, WrappedKey

PATIENCE = 5  # seconds
PASSING = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,  # a token that has ended: an operator gives us another
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.PRECONDITION_FAILED,  # a standby that isn't up to date yet
)


class TransitKeys:
    """Implements `KeyProvider`. `token` is asked at each call: an agent may renew what is in its file."""

    def __init__(
        self, http: httpx.AsyncClient, *, address: str, mount: str, key: str, token: Callable[[], str]
    ) -> None:
        self._http, self._token = http, token
        self._engine, self._key = f"{address}/v1/{mount}", key

    async def wrap(self, secret: bytes, owner: str) -> WrappedKey:
        told = await self._call("POST", "encrypt", plaintext=_text(secret), associated_data=_text(owner.encode()))
        ciphertext: str = told["ciphertext"]
        return WrappedKey(_version(ciphertext), ciphertext.encode())

    async def unwrap(self, key: WrappedKey, owner: str) -> bytes:
        if not key.wrapped.isascii():
            raise KeysRefused("Vault did not wrap this key")
        ciphertext = key.wrapped.decode()
        told = await self._call("POST", "decrypt", ciphertext=ciphertext, associated_data=_text(owner.encode()))
        return b64decode(told["plaintext"])

    async def newest(self) -> str:
        return f"v{(await self._call('GET', 'keys'))['latest_version']}"

    async def _call(self, method: str, action: str, **body: str) -> dict[str, Any]:
        try:
            answer = await self._http.request(
                method,
                f"{self._engine}/{action}/{self._key}",
                json=body or None,
                headers={"X-Vault-Token": self._token(), "X-Vault-Request": "true"},
                timeout=PATIENCE,
            )
        except httpx.TransportError as error:
            raise KeysUnavailable(f"Vault is away: {type(error).__name__}") from error
        if answer.is_server_error or answer.status_code in PASSING:
            raise KeysUnavailable(f"Vault answered {answer.status_code}")
        if answer.is_error:
            raise KeysRefused(f"Vault refused {action} with {answer.status_code}: {_complaint(answer)}")
        told: dict[str, Any] = answer.json()["data"]
        return told


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()


def _version(ciphertext: str) -> str:
    """`vault:v3:…` was wrapped under v3."""
    return ciphertext.split(":", 2)[1]


def _complaint(answer: httpx.Response) -> str:
    try:
        return "; ".join(answer.json()["errors"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"
