"""The wrapping key in a file: for development, and for a lender whose secrets are files.

One version a line, the newest first: its name, a space, 32 bytes in base64. What starts with # is a comment.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Self

from infrastructure.keys.provider import KeysRefused, WrappedKey
from infrastructure.keys.sealing import KEY_BYTES, NotSealedHere, seal, unseal


class WrongKeyFile(Exception):
    """The key file can't be read as one. The message names the line, never the key."""


class LocalKeys:
    """Implements `KeyProvider` with AES-256-GCM. `keys` are by version, the newest first."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self._newest = next(iter(self._keys))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises WrongKeyFile."""
        keys: dict[str, bytes] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            version, key = _parsed(line, number)
            if version in keys:
                raise WrongKeyFile(f"line {number}: the version {version} comes twice")
            keys[version] = key
        if not keys:
            raise WrongKeyFile("it holds no key")
        return cls(keys)

    async def wrap(self, secret: bytes, owner: str) -> WrappedKey:
        return WrappedKey(self._newest, seal(self._keys[self._newest], owner, secret))

    async def unwrap(self, key: WrappedKey, owner: str) -> bytes:
        if key.version not in self._keys:
            raise KeysRefused(f"the key file has no version {key.version}")
        try:
            return unseal(self._keys[key.version], owner, key.wrapped)
        except NotSealedHere:
            raise KeysRefused(f"version {key.version} did not wrap this key") from None

    async def newest(self) -> str:
        return self._newest


def _parsed(line: str, number: int) -> tuple[str, bytes]:
    version, _, encoded = line.strip().partition(" ")
    try:
        key = b64decode(encoded.strip(), validate=True)
    except ValueError:
        raise WrongKeyFile(f"line {number} is not a version and a key in base64") from None
    if len(key) != KEY_BYTES:
        raise WrongKeyFile(f"line {number}: a key has {KEY_BYTES} bytes, not {len(key)}")
    return version, key
