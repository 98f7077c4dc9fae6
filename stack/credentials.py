"""The secrets of one data directory: made once, kept readable by their owner alone."""

import json
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

from stack.signing_key import new_signing_key, write_privately


def _password() -> str:
    return secrets.token_urlsafe(24)


def _webhook_secret() -> str:
    """As Standard Webhooks wants it: 24 to 64 random bytes."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def _wrapping_key() -> str:
    """A key file of one line."""
    return f"first {b64encode(secrets.token_bytes(32)).decode()}"


def _secret(make: Callable[[], str]) -> str:
    return field(default_factory=make, repr=False)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Every secret that the parts of one stack share."""

    postgres_superuser: str = _secret(_password)
    postgres_owner: str = _secret(_password)
    postgres_application: str = _secret(_password)
    kyc_api_key: str = _secret(_password)
    kyc_webhook_secret: str = _secret(_webhook_secret)
    bureau_api_key: str = _secret(_password)
    payments_api_key: str = _secret(_password)
    payments_webhook_secret: str = _secret(_webhook_secret)
    notifier_api_key: str = _secret(_password)
    sandbox_admin_key: str = _secret(_password)
    seed_password: str = _secret(lambda: secrets.token_urlsafe(9))  # people type this one
    jwt_private_key: str = _secret(new_signing_key)
    local_keys: str = _secret(_wrapping_key)

    @classmethod
    def of(cls, path: Path) -> Self:
        """Those in the file; what it lacks (a file of an earlier version) is made and added."""
        kept = json.loads(path.read_text()) if path.exists() else {}
        known = {each.name for each in fields(cls)}
        credentials = cls(**{name: secret for name, secret in kept.items() if name in known})
        if asdict(credentials) != kept:
            write_privately(path, json.dumps(asdict(credentials), indent=1))
        return credentials
