"""The key that signs tokens: `python -m stack.signing_key FILE` makes one, unless the file is there."""

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def new_signing_key() -> str:
    """An EC P-256 private key in PEM, for ES256."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def write_privately(path: Path, text: str) -> None:
    """Never half-written, and at no moment readable by others."""
    unfinished = path.with_suffix(".unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    if not file.exists():
        write_privately(file, new_signing_key())
