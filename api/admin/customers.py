"""What the law lets a customer ask of the lender."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.dependencies import Admin, OperationId, PartsOf, note_own
from api.errors import Refused
from api.models.people import Erased, ErasureWish, Held
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.errors import UnknownCustomer
from infrastructure.postgres.erasure import EraseCustomer
from infrastructure.postgres.ids import known_id

router = APIRouter(prefix="/customers", tags=["customers"], route_class=StrictRoute)

CustomerIdPath = Annotated[str, Path(json_schema_extra={"format": "uuid"})]


async def not_oneself(request: Request, parts: PartsOf, caller: Admin, customer_id: CustomerIdPath) -> str:
    """Whoever works here is told what is held about them as any customer is, and has a colleague do the rest."""
    known = str(known_id(customer_id, UnknownCustomer))
    if caller.customer_id == known:
        refusal = Refused("OwnApplication", "nobody handles what is held about themselves")
        await note_own(request, parts, caller, refusal, customer=known)
        raise refusal
    return known


OthersId = Annotated[str, Depends(not_oneself)]


@router.post("/{customer_id}/erase", responses=problems(400, 401, 403, 404, 409, 413, 422, 503))
async def erase(
    caller: Admin, customer_id: OthersId, operation_id: OperationId, body: ErasureWish, parts: PartsOf
) -> Erased:
    """Their key is destroyed for good: who they were can't be read any more. Loans and books stay, and verify."""
    command = EraseCustomer(
        operation_id=operation_id, actor=caller.user_id, customer_id=customer_id, reason=body.reason
    )
    await parts.erasure.erase(command, parts.now())
    return Erased(customer_id=customer_id)


@router.get("/{customer_id}/export", responses=problems(401, 403, 404, 410, 503))
async def export(caller: Admin, customer_id: OthersId, parts: PartsOf) -> Held:
    """All that is held about a customer, for the lender to look through and hand out. A line in the audit trail says
    who took it."""
    return Held.model_validate(await parts.export.of(customer_id, actor=caller.user_id, at=parts.now()))
