"""The lender's branches, and whose loans somebody sees."""

from fastapi import APIRouter

from api.admin.claims import claim
from api.dependencies import Admin, OperationId, PartsOf, Staff
from api.errors import Refused
from api.models.branches import BranchesView, BranchView, NewBranch, UserBranches
from api.models.people import UserView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.errors import InvalidValue, UnknownUser

router = APIRouter(tags=["branches"], route_class=StrictRoute)


@router.get("/branches", responses=problems(401, 403, 503))
async def branches(caller: Staff, parts: PartsOf) -> BranchesView:
    return BranchesView.model_validate({"branches": await parts.branches.all()})


@router.post("/branches", status_code=201, responses=problems(400, 401, 403, 413, 422, 503))
async def create_branch(caller: Admin, operation_id: OperationId, body: NewBranch, parts: PartsOf) -> BranchView:
    """A branch is for ever: loans keep the one through which they came."""
    asked_before = not await claim(parts, operation_id, "create_branch", body)
    try:
        created = await parts.branches.create(body.code, body.name, parts.now())
    except InvalidValue:
        known = {branch.code: branch for branch in await parts.branches.all()}
        if not asked_before or known[body.code].name != body.name:
            raise
        created = known[body.code]
    return BranchView.model_validate(created)


@router.post("/users/{user_id}/branches", responses=problems(400, 401, 403, 404, 413, 422, 503))
async def post_user(
    caller: Admin, user_id: str, operation_id: OperationId, body: UserBranches, parts: PartsOf
) -> UserView:
    """Say whose loans a user sees and moves, from the next call on."""
    await claim(parts, operation_id, "post_user", body.claimed_for(user_id))
    await parts.branches.check(body.codes)
    try:
        user = await parts.users.post(
            user_id, branch=body.branch, further_branches=body.further_branches, every_branch=body.every_branch
        )
    except UnknownUser as refusal:
        raise Refused("NotFound", str(refusal)) from None
    return UserView.model_validate(user)
