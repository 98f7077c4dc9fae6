"""Trying a policy before it is lent by."""

import asyncio

from fastapi import APIRouter

from api.admin.products import Latest
from api.dependencies import Limit, PartsOf, Staff, Within
from api.json_or_yaml import JsonOrYamlRoute, body_in_yaml
from api.models.dry_runs import DryRunRequest, DryRunView
from api.openapi import problems
from domain.dry_run import dry_run

router = APIRouter(prefix="/products", tags=["products"], route_class=JsonOrYamlRoute)


@router.post(
    "/{code}/policy/dry-run",
    responses=problems(401, 403, 404, 413, 422, 503),
    openapi_extra=body_in_yaml("DryRunRequest"),
)
async def try_policy(
    *, caller: Staff, named: Latest, within: Within, body: DryRunRequest, parts: PartsOf, limit: Limit = 100
) -> DryRunView:
    """What the policy would have decided on the newest applications, by the facts of then; none of one's own.
    Nothing is stored."""
    candidate = body.candidate(named.product.currency)
    past = await parts.past_applications.newest(named.product.code, limit, within=within, not_of=caller.customer_id)
    tried = await asyncio.to_thread(dry_run, candidate, past)
    return DryRunView.of(tried)
