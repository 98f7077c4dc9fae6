"""Endpoints for events and what became of each event, as they are asked for and told."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.models.base import Model, View, WholeNumber
from infrastructure.events.addresses import LONGEST_URL

EventType = Annotated[str, StringConstraints(strict=True, pattern=r"^tenor\.loan\.[a-z_]{1,64}$")]
DeliveryState = Literal["pending", "delivered", "dead", "withheld"]


class NewEndpoint(Model):
    """`event_types` empty: all of them."""

    url: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=LONGEST_URL)]
    event_types: Annotated[tuple[EventType, ...], Field(max_length=100)] = ()


class SecretRotation(Model):
    """For so many hours the old secret signs, too, beside the new one."""

    overlap_hours: Annotated[WholeNumber, Field(ge=0, le=168)] = 24


class Redelivery(Model):
    """One event, by loan and number; or neither, for all dead letters."""

    loan_id: Annotated[str, StringConstraints(strict=True, max_length=64)] | None = None
    sequence: Annotated[WholeNumber, Field(ge=1, le=2**31 - 1)] | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.loan_id is None) != (self.sequence is None):
            raise PydanticCustomError("both_or_neither", "give both loan_id and sequence, or neither")
        return self


class EndpointView(View):
    """`secret` is told once: when it is new."""

    id: str
    kind: str
    url: str
    event_types: list[str]
    previous_until: datetime | None = Field(description="Until then the old secret signs, too.")
    created_at: datetime
    disabled_at: datetime | None
    secret: str | None = None


class DeliveryView(View):
    """`due_at` is when the next attempt is made; `error` says what came of the last one."""

    loan_id: str
    sequence: int
    type: str
    state: DeliveryState
    attempts: int
    queued_at: datetime
    due_at: datetime | None
    last_attempt_at: datetime | None
    delivered_at: datetime | None
    status_code: int | None
    error: str | None


class RedeliveryView(View):
    queued: int
