"""What a data key does: it seals bytes for a place, and indexes words that must be found again."""

import hmac
import os
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
FORMAT: Final = b"\x01"  # AES-256-GCM: this byte, the nonce, the ciphertext with its tag


class NotSealedHere(Exception):
    """The bytes were sealed under another key or for another place, or were changed since."""


def new_secret() -> bytes:
    return os.urandom(KEY_BYTES)


def seal(secret: bytes, place: str, plain: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(secret).encrypt(nonce, plain, place.encode())


def unseal(secret: bytes, place: str, sealed: bytes) -> bytes:
    """Raises NotSealedHere."""
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != FORMAT or len(nonce) < NONCE_BYTES:
        raise NotSealedHere(place)
    try:
        return AESGCM(secret).decrypt(nonce, ciphertext, place.encode())
    except InvalidTag:
        raise NotSealedHere(place) from None


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of one owner: a customer, or a purpose of the house."""

    owner: str
    secret: bytes = field(repr=False)

    def seal(self, place: str, plain: bytes) -> bytes:
        """`place` (a table, a row's id) is bound to the result: elsewhere, or as another owner's, it doesn't open."""
        return seal(self.secret, f"{self.owner}/{place}", plain)

    def unseal(self, place: str, sealed: bytes) -> bytes:
        """Raises NotSealedHere."""
        return unseal(self.secret, f"{self.owner}/{place}", sealed)

    def index(self, word: str) -> bytes:
        """HMAC-SHA-256: equal words have equal indexes, whatever the case of their letters, and tell nothing else."""
        return hmac.digest(self.secret, unicodedata.normalize("NFC", word.strip().lower()).encode(), "sha256")
