"""What the relay counts, for Prometheus."""

from typing import Literal

from prometheus_client import Counter

ATTEMPTS = Counter("tenor_event_attempts", "Attempts to tell an event to an endpoint, by how they ended", ["outcome"])


def count_attempt(outcome: Literal["delivered", "failed", "dead", "withheld"]) -> None:
    ATTEMPTS.labels(outcome).inc()
