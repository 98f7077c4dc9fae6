"""Who works here, how far each may go, and who may no longer come in."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.admin.claims import claim
from api.dependencies import Admin, Cursor, Limit, OperationId, PartsOf
from api.errors import Refused
from api.models.base import PageView
from api.models.people import NewUser, UserName, UserView
from api.openapi import problems
from api.parts import Parts
from api.strict_json import StrictRoute
from domain.errors import UnknownUser
from infrastructure.postgres.admission import EndSignIns, SwitchUser
from infrastructure.postgres.users import User
from infrastructure.security import Caller

router = APIRouter(prefix="/users", tags=["users"], route_class=StrictRoute)

OF_A_USER = problems(400, 401, 403, 404, 422, 503)


async def any_user(caller: Admin, user_id: str, parts: PartsOf) -> User:
    try:
        return await parts.users.by_id(user_id)
    except UnknownUser as refusal:
        raise Refused("NotFound", str(refusal)) from None


AnyUser = Annotated[User, Depends(any_user)]


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


@router.post("/{user_id}/unlock", responses=OF_A_USER)
async def unlock(caller: Admin, user: AnyUser, operation_id: OperationId, parts: PartsOf) -> UserView:
    """Let a user try passwords again at once, after too many wrong ones."""
    await claim(parts, operation_id, "unlock_user", UserName(user_id=user.id))
    await parts.lockouts.clear(user.id)
    return UserView.model_validate(user)


@router.post("/{user_id}/sign-ins/end", responses=OF_A_USER)
async def end_sign_ins(caller: Admin, user: AnyUser, operation_id: OperationId, parts: PartsOf) -> UserView:
    """Sign a user out everywhere: a device was lost."""
    command = EndSignIns(operation_id=operation_id, actor=caller.user_id, user_id=user.id)
    await parts.admission.end_sign_ins(command, parts.now())
    return UserView.model_validate(user)


@router.post("/{user_id}/disable", responses=OF_A_USER)
async def disable(caller: Admin, user: AnyUser, operation_id: OperationId, parts: PartsOf) -> UserView:
    """A user who left is signed out everywhere, comes in no more and does nothing more here."""
    if user.id == caller.user_id:
        raise Refused("NotYourRole", "nobody shuts themselves out")
    return await _switched(caller, user, operation_id, parts, active=False)


@router.post("/{user_id}/enable", responses={**OF_A_USER, **problems(410)})
async def enable(caller: Admin, user: AnyUser, operation_id: OperationId, parts: PartsOf) -> UserView:
    return await _switched(caller, user, operation_id, parts, active=True)


async def _switched(caller: Caller, user: User, operation_id: str, parts: Parts, *, active: bool) -> UserView:
    command = SwitchUser(operation_id=operation_id, actor=caller.user_id, user_id=user.id, active=active)
    await parts.admission.switch(command, parts.now())
    return UserView.model_validate(await parts.users.by_id(user.id))
