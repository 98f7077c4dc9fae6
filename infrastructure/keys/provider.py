"""The port to whoever holds the wrapping key: a file, Vault or a cloud's key service."""

from dataclasses import dataclass, field
from typing import Protocol


class KeysUnavailable(Exception):
    """The key provider is away or slow, or does not let us in. Asking again is right, once that is mended."""


class KeysRefused(KeysUnavailable):
    """The key provider said no: a key that isn't there, or not the key that wrapped.

    Somebody has to mend that; then asking again is right.
    """


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key that only the provider can open. `version` names the wrapping key, as the provider counts."""

    version: str
    wrapped: bytes = field(repr=False)


class KeyProvider(Protocol):
    """`owner` is bound to what is wrapped: under another owner's name it doesn't open."""

    async def wrap(self, secret: bytes, owner: str) -> WrappedKey:
        """Under the newest version."""
        ...

    async def unwrap(self, key: WrappedKey, owner: str) -> bytes:
        """Raises KeysRefused, and KeysUnavailable."""
        ...

    async def newest(self) -> str:
        """The version under which `wrap` wraps now."""
        ...
