"""Tokens of the lender's own identity provider, for its people: checked by the keys that it publishes."""

import asyncio
import json
import logging
import time
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from joserfc.jwt import JWTClaimsRegistry

from domain.ports import ProviderUnavailable
from infrastructure.security import TokenRefused
from infrastructure.settings import Settings

log: Final = logging.getLogger(__name__)

ALGORITHMS: Final = ["RS256", "PS256", "ES256"]
DISCOVERY: Final = "/.well-known/openid-configuration"
FRESH: Final = 3600.0  # seconds for which keys are not asked for again
PATIENCE: Final = 30.0  # seconds before a key that nobody knows is looked for again
LARGEST: Final = 256 * 1024  # bytes of an answer


class Oidc:
    """`claim` names the user: a verified `email`, or `sub`."""

    def __init__(self, *, issuer: str, audience: str, claim: str, http: httpx.AsyncClient) -> None:
        self.issuer, self._audience, self.claim, self._http = issuer, audience, claim, http
        self._keys = KeySet([])
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    @classmethod
    def of(cls, settings: Settings, http: httpx.AsyncClient) -> "Oidc | None":
        if settings.oidc_issuer is None or settings.oidc_audience is None:
            return None
        return cls(
            issuer=settings.oidc_issuer, audience=settings.oidc_audience, claim=settings.oidc_user_claim, http=http
        )

    async def verify(self, token: str) -> str:
        """Who it is, by the claim. Raises TokenRefused, and ProviderUnavailable while no keys are known."""
        try:
            if _key_id(token) not in await self._known_keys(FRESH):
                await self._known_keys(PATIENCE)
            claims = jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims
            self._registry().validate(claims)
            return self._user(claims)
        except (JoseError, ValueError, KeyError, TypeError):  # what isn't even a token fails in many ways
            raise TokenRefused("the token is not valid") from None

    def _registry(self) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    def _user(self, claims: dict[str, Any]) -> str:
        if self.claim == "email" and claims.get("email_verified") is not True:
            raise TokenRefused("the e-mail address is not verified")
        return str(claims[self.claim])

    async def _known_keys(self, fresh: float) -> set[str | None]:
        """Their ids, asked for when the last time was longer ago than `fresh` seconds. Old keys outlive an outage."""
        async with self._asking:
            if time.monotonic() - self._asked_at > fresh:
                self._asked_at = time.monotonic()
                await self._ask()
        return {key.kid for key in self._keys}

    async def _ask(self) -> None:
        try:
            discovered = await self._fetch(self.issuer.rstrip("/") + DISCOVERY)
            if discovered["issuer"] != self.issuer:
                raise ValueError("the issuer says that it is another")
            if urlsplit(discovered["jwks_uri"]).scheme != urlsplit(self.issuer).scheme:
                raise ValueError("the keys are at an address of another scheme")
            self._keys = KeySet.import_key_set(await self._fetch(discovered["jwks_uri"]))
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("The identity provider's keys cannot be read: %s", error)
            if not self._keys.keys:
                self._asked_at = float("-inf")
                raise ProviderUnavailable("the identity provider's keys cannot be read") from error

    async def _fetch(self, url: str) -> Any:
        async with self._http.stream("GET", url, timeout=5, follow_redirects=False) as answer:
            answer.raise_for_status()
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LARGEST:
                    raise ValueError("the answer is too large")
        return json.loads(body)


def issuer_of(token: str) -> str | None:
    """Who says to have issued it; nothing is checked yet."""
    try:
        return str(json.loads(extract_compact(token.encode()).payload)["iss"])
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _key_id(token: str) -> str | None:
    return extract_compact(token.encode()).headers().get("kid")
