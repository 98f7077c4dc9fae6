"""Delegations as they are asked for, and as they are told."""

from datetime import date, datetime
from typing import Annotated

from pydantic import StringConstraints

from api.models.base import IsoDate, Model, View

UserId = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)]


class DelegationRequest(Model):
    """Both days inclusive, in UTC. `delegator_id` left out: one's own authority."""

    delegate_id: UserId
    first_day: IsoDate
    last_day: IsoDate
    delegator_id: UserId | None = None


class DelegationView(View):
    id: str
    delegator_id: str
    delegate_id: str
    first_day: date
    last_day: date
    made_by: str
    made_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None
