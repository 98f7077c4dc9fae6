"""Facts about a loan that people and systems are told of: the audit trail and the events are made of them."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`name` is the event's type ("payment_received"), `actor` a user id or `people.ENGINE`; `details` are texts that
    name amounts, dates, rows and codes, never persons."""

    name: str
    actor: str
    at: datetime
    reason: str | None = None
    details: dict[str, str] = field(default_factory=dict)
