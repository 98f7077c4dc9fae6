"""An event as it is told: CloudEvents 1.0 in JSON, without personal data."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.people import ENGINE

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "tenor.loan."


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanEvent:
    """One row of the outbox. `sequence` counts a loan's events from 1, without gaps."""

    loan_id: str
    sequence: int
    name: str
    at: datetime
    data: dict[str, Any]

    @property
    def id(self) -> str:
        """The same at every attempt and for every endpoint."""
        return f"{self.loan_id}/{self.sequence}"

    @property
    def type(self) -> str:
        return TYPE_PREFIX + self.name

    @property
    def time(self) -> str:
        return self.at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def cloud_event(event: LoanEvent, source: str) -> bytes:
    """As JSON. `sequence` is text of fixed length, so that it sorts as text too, as the extension wants it."""
    document = {
        "specversion": "1.0",
        "id": event.id,
        "source": source,
        "type": event.type,
        "subject": event.loan_id,
        "time": event.time,
        "sequence": f"{event.sequence:010}",
        "datacontenttype": "application/json",
        "data": _told(event.data),
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _told(data: dict[str, Any]) -> dict[str, Any]:
    """Who, as an id, and what. The engine's reasons are codes; what a person wrote stays in the audit trail."""
    reason = {"reason": data["reason"]} if data.get("reason") and data["actor"] == ENGINE else {}
    return {"actor": data["actor"], **reason, "details": data["details"]}
