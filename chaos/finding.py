"""What the judge says of a promise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was promised, and whether it was so."""

    promise: str
    holds: bool
    says: str
