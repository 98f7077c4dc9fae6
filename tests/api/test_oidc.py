"""The lender's own identity provider at the door: a real one, small, that answers by HTTP."""

import base64
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from api.main import create_app
from api.parts import Parts
from domain.people import Role
from infrastructure import oidc
from infrastructure.oidc import Oidc
from infrastructure.postgres.users import User
from tests.api.conftest import People
from tests.api.desk import now
from tests.sandbox.running import served

AUDIENCE = "tenor-api"


@dataclass
class Issuer:
    """Publishes `keys`, and signs with the last of them. `asked` counts how often the keys were fetched."""

    address: str = ""
    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [_key()])
    away: bool = False
    asked: int = 0

    def token(self, key: RSAKey | ECKey | None = None, alg: str = "RS256", **changes: Any) -> str:
        signing = key or self.keys[-1]
        claims = {"iss": self.address, "aud": AUDIENCE, "sub": "u-1", "exp": int(time.time()) + 60, **changes}
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": signing.kid}, told, signing, algorithms=[alg])

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def discover() -> dict[str, str]:
            if self.away:
                raise HTTPException(503)
            return {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}

        @app.get("/keys")
        def keys() -> Any:
            self.asked += 1
            return KeySet(list(self.keys)).as_dict(private=False)

        return app


def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": uuid4().hex, "use": "sig"})


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    async with served(issuer.app()) as address:
        issuer.address = address
        yield issuer


@dataclass(frozen=True)
class Let:
    """The door with an identity provider, and one of its people."""

    http: httpx.AsyncClient
    clerk: User
    subject: str

    async def status(self, token: str) -> int:
        answer = await self.http.get("/api/admin/v1/branches", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code


@pytest.fixture(params=["email", "sub"])
async def let(request: pytest.FixtureRequest, issuer: Issuer, parts: Parts, people: People) -> AsyncIterator[Let]:
    subject = uuid4().hex
    clerk = await parts.users.create(
        email=f"{uuid4()}@lender.example", password_hash="none", role=Role.OFFICER, at=now(), subject=subject
    )
    async with httpx.AsyncClient() as out:
        provider = Oidc(issuer=issuer.address, audience=AUDIENCE, claim=request.param, http=out)
        transport = httpx.ASGITransport(create_app(parts.settings, replace(parts, oidc=provider)))
        async with httpx.AsyncClient(transport=transport, base_url="http://tenor.test") as http:
            yield Let(http, clerk, subject)


def claims(let: Let, **changes: Any) -> dict[str, Any]:
    return {"sub": let.subject, "email": let.clerk.email, "email_verified": True, **changes}


async def test_whoever_works_here_gets_in_with_the_issuers_token(let: Let, issuer: Issuer) -> None:
    token = issuer.token(**claims(let))
    for _ in range(3):
        assert await let.status(token) == 200
    assert issuer.asked == 1
    answer = await let.http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.json()["id"], answer.json()["role"]) == (let.clerk.id, "officer")


async def test_our_own_tokens_go_on_opening_the_door(let: Let, people: People) -> None:
    answer = await let.http.get("/api/admin/v1/branches", headers=people.bearer("officer"))
    assert answer.status_code == 200


async def test_a_token_that_is_not_the_issuers_or_not_for_us_opens_nothing(let: Let, issuer: Issuer) -> None:
    said = claims(let)
    forged = RSAKey.generate_key(2048, {"kid": str(issuer.keys[-1].kid)})
    for token in (
        issuer.token(**said, aud="another"),
        issuer.token(**said, iss="https://elsewhere.example"),
        issuer.token(**said, exp=int(time.time()) - 5),
        issuer.token(**said, exp=None),
        issuer.token(forged, **said),
        issuer.token(_key(), **said),
        _unsigned(issuer.token(**said)),
        _nested(issuer.token(**said)),
    ):
        assert await let.status(token) == 401


def _unsigned(token: str) -> str:
    _, said, _ = token.split(".")
    return f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{said}."


def _nested(token: str) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{base64.urlsafe_b64encode(b'[' * 3000).decode().rstrip('=')}.{signature}"


async def test_nobody_gets_in_whom_we_do_not_employ(let: Let, issuer: Issuer, people: People) -> None:
    ada = people.users["ada"]
    for said in (
        claims(let, sub="nobody", email="nobody@lender.example"),
        claims(let, sub="nobody", email=ada.email),
    ):
        assert await let.status(issuer.token(**said)) == 401


async def test_an_address_that_is_not_verified_names_nobody(let: Let, issuer: Issuer) -> None:
    for verified in (False, None, "true"):
        said = claims(let, sub="nobody", email_verified=verified)
        assert await let.status(issuer.token(**said)) == 401


async def test_a_new_key_is_found_and_an_unknown_one_is_not_looked_for_all_the_time(
    let: Let, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await let.status(issuer.token(**claims(let))) == 200
    for _ in range(5):
        assert await let.status(issuer.token(_key(), **claims(let))) == 401
    assert issuer.asked == 1
    monkeypatch.setattr(oidc, "PATIENCE", 0.0)
    issuer.keys.append(_key())
    assert await let.status(issuer.token(**claims(let))) == 200


async def test_old_keys_outlive_an_outage_and_without_any_the_answer_is_503(
    let: Let, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token(**claims(let))
    issuer.away = True
    assert await let.status(token) == 503
    issuer.away = False
    assert await let.status(token) == 200
    issuer.away = True
    monkeypatch.setattr(oidc, "FRESH", 0.0)
    assert await let.status(token) == 200
