"""Passwords and tokens: who is asking, and how we know."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import bcrypt
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from joserfc.jwt import JWTClaimsRegistry

from domain.errors import InvalidValue
from domain.people import Role
from infrastructure.settings import Settings

ALGORITHM = "ES256"
ROUNDS = 12
LONGEST_PASSWORD = 72  # bytes; bcrypt ignores what comes after, so we refuse it instead
NOBODYS_HASH = (
    "$2b$12$oUZTbgrC4EIZoFaP/B3yPe/59WDaXsbXhzs8iRCk2YSf2wc4Kz6FW"  # of a password nobody has; same cost as the others
)


class TokenRefused(Exception):
    """The token is not one of ours, not for us, or no longer valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is asking, as their token says. `customer_id` is set for whoever is a customer, too."""

    user_id: str
    role: Role
    customer_id: str | None = None


def hash_password(password: str) -> str:
    """Slow on purpose. Raises InvalidValue for a password that bcrypt would cut short."""
    raw = password.encode()
    if len(raw) > LONGEST_PASSWORD:
        raise InvalidValue("password", f"is longer than {LONGEST_PASSWORD} bytes")
    return bcrypt.hashpw(raw, bcrypt.gensalt(ROUNDS)).decode()


def password_matches(password: str, hashed: str | None) -> bool:
    """As slow for a user who doesn't exist (`hashed` None), so that the time tells nothing."""
    raw = password.encode()[:LONGEST_PASSWORD]
    same = bcrypt.checkpw(raw, (hashed or NOBODYS_HASH).encode())
    return same and hashed is not None and len(password.encode()) <= LONGEST_PASSWORD


class Tokens:
    """Issues and checks access tokens: JWT, ES256, for one issuer and one audience."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        key = ECKey.import_key(settings.signing_key.get_secret_value())
        self._key = ECKey.import_key(settings.signing_key.get_secret_value(), {"kid": key.thumbprint()})
        self._keys = KeySet([self._key])
        self._issuer, self._audience = settings.jwt_issuer, settings.jwt_audience
        self.lifetime = timedelta(minutes=settings.token_minutes)
        self._now = now

    def issue(self, caller: Caller) -> str:
        now = self._now()
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": caller.user_id,
            "role": caller.role.value,
            "iat": int(now.timestamp()),
            "exp": int((now + self.lifetime).timestamp()),
            "jti": str(uuid4()),
        }
        if caller.customer_id is not None:
            claims["customer_id"] = caller.customer_id
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, claims, self._key, algorithms=[ALGORITHM])

    def verify(self, token: str) -> Caller:
        """Raises TokenRefused, whatever is wrong."""
        try:
            claims = jwt.decode(token, self._keys, algorithms=[ALGORITHM]).claims
            self._registry().validate(claims)
            return Caller(user_id=claims["sub"], role=Role(claims["role"]), customer_id=claims.get("customer_id"))
        except (JoseError, ValueError, KeyError, TypeError):  # what isn't even a token fails in many ways
            raise TokenRefused("the token is not valid") from None

    def _registry(self) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
            role={"essential": True},
        )
