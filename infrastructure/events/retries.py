"""When a delivery is tried again: soon, then ever later, for three days. Then it is a dead letter."""

from datetime import timedelta
from typing import Literal

# A dead letter waits for somebody to ask for it again; what is withheld has nobody to be told to.
EndedAs = Literal["dead", "withheld"]

GIVEN_UP_AFTER = timedelta(days=3)

_WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=16),
    timedelta(hours=24),
)


def wait_after(attempts: int, age: timedelta) -> timedelta | None:
    """How long to wait after so many failed attempts at a delivery of this age; None when it is given up."""
    wait = _WAITS[min(attempts, len(_WAITS)) - 1]
    return wait if age + wait <= GIVEN_UP_AFTER else None
