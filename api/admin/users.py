"""Who works here, and how far each may go."""

from fastapi import APIRouter

from api.admin.claims import claim
from api.dependencies import Admin, Cursor, Limit, OperationId, PartsOf
from api.models.base import PageView
from api.models.people import NewUser, UserView
from api.openapi import problems
from api.strict_json import StrictRoute

router = APIRouter(prefix="/users", tags=["users"], route_class=StrictRoute)


@router.get("", responses=problems(401, 403, 422, 503))
async def users(caller: Admin, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50) -> PageView[UserView]:
    return PageView[UserView].model_validate(await parts.users.page(after=cursor, limit=limit))


@router.post("", status_code=201, responses=problems(400, 401, 403, 404, 413, 422, 503))
async def create_user(caller: Admin, operation_id: OperationId, body: NewUser, parts: PartsOf) -> UserView:
    """An officer, an operator or an admin. Applicants sign themselves up."""
    asked_before = not await claim(parts, operation_id, "create_user", body)
    if asked_before and (found := await parts.users.by_email(body.email)):
        return UserView.model_validate(found[0])
    if body.customer_id is not None:
        await parts.customers.details(body.customer_id)
    if body.branch is not None:
        await parts.branches.check({body.branch})
    hashed = await parts.passwords.hashed(body.password)
    user = await parts.users.create(
        email=body.email,
        password_hash=hashed,
        role=body.role,
        at=parts.now(),
        level=body.level,
        customer_id=body.customer_id,
        branch=body.branch,
    )
    return UserView.model_validate(user)
