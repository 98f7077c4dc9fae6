"""Who did what at this door, and who was turned away."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import Admin, Cursor, Limit, PartsOf
from api.models.base import PageView, View
from api.openapi import problems
from api.strict_json import StrictRoute

router = APIRouter(prefix="/door-log", tags=["users"], route_class=StrictRoute)


class NotedView(View):
    """`actor` is a user's id, or `nobody`; `times` in that minute."""

    minute: datetime
    actor: str
    action: str
    subject: str
    status: int
    times: int


@router.get("", responses=problems(401, 403, 422, 503))
async def door_log(
    *,
    caller: Admin,
    parts: PartsOf,
    actor: Annotated[str | None, Query(pattern=r"^[0-9a-z-]{1,64}$")] = None,
    status: Annotated[int | None, Query(ge=100, le=599)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageView[NotedView]:
    """The latest first: every deed, and every call that was turned away. Kept for 400 days."""
    page = await parts.door_log.page(actor=actor, status=status, after=cursor, limit=limit)
    return PageView[NotedView].model_validate(page)
