"""Signing out everywhere at once, for somebody who has lost a device."""

from fastapi import APIRouter

from api.dependencies import AnyCaller, OperationId, PartsOf
from api.openapi import problems
from api.strict_json import StrictRoute
from infrastructure.postgres.admission import EndSignIns

router = APIRouter(prefix="/sign-ins", tags=["who is asking"], route_class=StrictRoute)


@router.post("/end", status_code=204, responses=problems(400, 401, 403, 422, 503))
async def end_sign_ins(caller: AnyCaller, operation_id: OperationId, parts: PartsOf) -> None:
    """All of one's own are over, this one, too; access tokens still live for their minutes."""
    command = EndSignIns(operation_id=operation_id, actor=caller.user_id, user_id=caller.user_id)
    await parts.admission.end_sign_ins(command, parts.now())
