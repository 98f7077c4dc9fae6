"""Who works here, and how far each may go."""

from fastapi import APIRouter

from api.admin.claims import claim
from api.dependencies import Admin, Cursor, Limit, OperationId, PartsOf
from api.errors import Refused
from api.models.base import PageView
from api.models.people import NewUser, UserName, UserView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.errors import UnknownUser

router = APIRouter(prefix="/users", tags=["users"], route_class=StrictRoute)


@router.get("", responses=problems(401, 403, 422, 503))
async def users(caller: Admin, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50) -> PageView[UserView]:
    return PageView[UserView].model_validate(await parts.users.page(after=cursor, limit=limit))


@router.post("", status_code=201, responses=problems(400, 401, 403, 404, 410, 413, 422, 503))
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
        subject=body.subject,
    )
    return UserView.model_validate(user)


@router.post("/{user_id}/unlock", responses=problems(400, 401, 403, 404, 422, 503))
async def unlock(caller: Admin, user_id: str, operation_id: OperationId, parts: PartsOf) -> UserView:
    """Let a user try passwords again at once, after too many wrong ones."""
    try:
        user = await parts.users.by_id(user_id)
    except UnknownUser as refusal:
        raise Refused("NotFound", str(refusal)) from None
    await claim(parts, operation_id, "unlock_user", UserName(user_id=user_id))
    await parts.lockouts.clear(user.id)
    return UserView.model_validate(user)
