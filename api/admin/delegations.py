"""An officer's authority in a colleague's hands, for some days."""

from uuid import uuid5

from fastapi import APIRouter

from api.dependencies import DELEGATIONS, Cursor, Limit, Officer, OperationId, PartsOf, Staff
from api.models.base import PageView
from api.models.delegations import DelegationRequest, DelegationView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.commands import DelegateAuthority, RevokeDelegation

router = APIRouter(tags=["delegations"], route_class=StrictRoute)


@router.get("/delegations", responses=problems(401, 403, 422, 503))
async def delegations(
    caller: Staff, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50
) -> PageView[DelegationView]:
    """Who acts for whom, and when; the newest first."""
    return PageView[DelegationView].model_validate(await parts.delegations.page(after=cursor, limit=limit))


@router.post("/delegations", status_code=201, responses=problems(400, 401, 403, 413, 422, 503))
async def delegate(
    caller: Officer, operation_id: OperationId, body: DelegationRequest, parts: PartsOf
) -> DelegationView:
    """Let a colleague approve as much as oneself may. An admin may delegate an officer's authority, too."""
    command = DelegateAuthority(
        operation_id=operation_id,
        actor=caller.user_id,
        delegation_id=str(uuid5(DELEGATIONS, operation_id)),
        delegator_id=body.delegator_id or caller.user_id,
        delegate_id=body.delegate_id,
        first_day=body.first_day,
        last_day=body.last_day,
    )
    return DelegationView.model_validate(await parts.delegations.make(command, parts.now()))


@router.post("/delegations/{delegation_id}/revoke", responses=problems(400, 401, 403, 404, 409, 413, 422, 503))
async def revoke(caller: Officer, operation_id: OperationId, delegation_id: str, parts: PartsOf) -> DelegationView:
    """End it at once. The delegator, the delegate and an admin may."""
    command = RevokeDelegation(operation_id=operation_id, actor=caller.user_id, delegation_id=delegation_id)
    return DelegationView.model_validate(await parts.delegations.revoke(command, parts.now()))
