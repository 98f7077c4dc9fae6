"""What is no token of ours opens no door."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from domain.errors import InvalidValue
from domain.people import Role
from infrastructure.security import Caller, TokenRefused, Tokens, hash_password, password_matches
from infrastructure.settings import Settings
from tests.api.conftest import Door

ADA = Caller(user_id="a-user", role=Role.APPLICANT, customer_id="a-customer")


def _encoded(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _decoded(part: str) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _for_another_audience(settings: Settings) -> str:
    return Tokens(settings.model_copy(update={"jwt_audience": "another"})).issue(ADA)


def _by_another_issuer(settings: Settings) -> str:
    return Tokens(settings.model_copy(update={"jwt_issuer": "another"})).issue(ADA)


def _expired(settings: Settings) -> str:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return Tokens(settings, now=lambda: yesterday).issue(ADA)


def _with_another_key(settings: Settings) -> str:
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    other = settings.model_copy(update={"jwt_private_key": SecretStr(key.decode())})
    other.__dict__.pop("signing_key", None)
    return Tokens(other).issue(ADA)


def _tampered(settings: Settings) -> str:
    header, claims, signature = Tokens(settings).issue(ADA).split(".")
    return ".".join((header, _encoded({**_decoded(claims), "role": "admin"}), signature))


def _alg_none(settings: Settings) -> str:
    _, claims, _ = Tokens(settings).issue(ADA).split(".")
    return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}."


def _signed_with_the_public_key(settings: Settings) -> str:
    header, claims, _ = Tokens(settings).issue(ADA).split(".")
    return ".".join((_encoded({**_decoded(header), "alg": "HS256"}), claims, "c2lnbmF0dXJl"))


def _without_expiry(settings: Settings) -> str:
    header, claims, signature = Tokens(settings).issue(ADA).split(".")
    return ".".join((header, _encoded({k: v for k, v in _decoded(claims).items() if k != "exp"}), signature))


FORGERIES: list[Callable[[Settings], str]] = [
    _for_another_audience,
    _by_another_issuer,
    _expired,
    _with_another_key,
    _tampered,
    _alg_none,
    _signed_with_the_public_key,
    _without_expiry,
    lambda settings: "not.a.token",
    lambda settings: "",
    lambda settings: "a" * 5000,
    lambda settings: "é.è.à",
]


def test_a_token_names_its_key_and_is_read_back(api_settings: Settings) -> None:
    tokens = Tokens(api_settings)
    token = tokens.issue(ADA)
    assert tokens.verify(token) == ADA
    header, claims, _ = token.split(".")
    assert _decoded(header)["alg"] == "ES256"
    assert _decoded(header)["kid"]
    assert _decoded(claims)["exp"] == int(str(_decoded(claims)["iat"])) + 15 * 60


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forged_token_is_refused(api_settings: Settings, forge: Callable[[Settings], str]) -> None:
    with pytest.raises(TokenRefused):
        Tokens(api_settings).verify(forge(api_settings))


@pytest.mark.parametrize("forge", FORGERIES)
async def test_a_forged_token_is_a_401(door: Door, api_settings: Settings, forge: Callable[[Settings], str]) -> None:
    bearer = f"Bearer {forge(api_settings)}".encode()
    answer = await door.http.get("/api/v1/me", headers={b"Authorization": bearer})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["type"] == "urn:tenor:problem:not-authenticated"


def test_passwords_are_hashed_with_twelve_rounds_and_never_cut_short() -> None:
    hashed = hash_password("ü" * 36)
    assert hashed.startswith("$2b$12$")
    assert password_matches("ü" * 36, hashed)
    assert not password_matches("ü" * 36 + "x", hashed)
    assert not password_matches("anything", None)
    with pytest.raises(InvalidValue, match="72 bytes"):
        hash_password("ü" * 37)
