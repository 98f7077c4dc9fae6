"""Who is told of events by webhook, and what became of each. See docs/events.md."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.dependencies import Admin, Cursor, Limit, OperationId, Operator, PartsOf
from api.models.base import PageView
from api.models.events import (
    DeliveryState,
    DeliveryView,
    EndpointView,
    NewEndpoint,
    Redelivery,
    RedeliveryView,
    SecretRotation,
)
from api.openapi import problems
from api.strict_json import StrictRoute
from infrastructure.events.addresses import check_url
from infrastructure.postgres.event_deliveries import Redeliver
from infrastructure.postgres.event_endpoints import AddEndpoint, Endpoint, RotateSecret, SwitchEndpoint

router = APIRouter(prefix="/event-endpoints", tags=["events"], route_class=StrictRoute)

READ = problems(401, 403, 404, 422, 503)
WRITE = problems(400, 401, 403, 404, 413, 422, 503)


async def any_endpoint(endpoint_id: str, parts: PartsOf, caller: Operator) -> Endpoint:
    return await parts.endpoints.endpoint(endpoint_id, parts.now())


AnyEndpoint = Annotated[Endpoint, Depends(any_endpoint)]


@router.post("", status_code=201, responses=WRITE)
async def add(caller: Admin, operation_id: OperationId, body: NewEndpoint, parts: PartsOf) -> EndpointView:
    """Its secret is in this answer and in no other. Whoever missed it rotates it."""
    command = AddEndpoint(
        operation_id=operation_id,
        actor=caller.user_id,
        endpoint_id=operation_id,
        url=check_url(body.url, allow_private=parts.settings.webhooks_allow_private),
        event_types=body.event_types,
    )
    secret = await parts.endpoints.add(command, parts.now())
    return _view(await parts.endpoints.endpoint(operation_id, parts.now()), secret)


@router.get("", responses=problems(401, 403, 422, 503))
async def endpoints(
    caller: Operator, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50
) -> PageView[EndpointView]:
    page = await parts.endpoints.page(parts.now(), after=cursor, limit=limit)
    return PageView(items=[_view(endpoint) for endpoint in page.items], next=page.next)


@router.get("/{endpoint_id}", responses=READ)
async def endpoint(endpoint: AnyEndpoint) -> EndpointView:
    return _view(endpoint)


@router.post("/{endpoint_id}/rotate-secret", responses=WRITE)
async def rotate_secret(
    caller: Admin, endpoint: AnyEndpoint, operation_id: OperationId, body: SecretRotation, parts: PartsOf
) -> EndpointView:
    """The new secret is in this answer and in no other."""
    command = RotateSecret(
        operation_id=operation_id,
        actor=caller.user_id,
        endpoint_id=endpoint.id,
        overlap_hours=body.overlap_hours,
    )
    secret = await parts.endpoints.rotate(command, parts.now())
    return _view(await parts.endpoints.endpoint(endpoint.id, parts.now()), secret)


@router.post("/{endpoint_id}/disable", responses=WRITE)
async def disable(caller: Admin, endpoint: AnyEndpoint, operation_id: OperationId, parts: PartsOf) -> EndpointView:
    """It is told nothing from now on, and misses what happens until it is enabled. What is queued already waits."""
    command = SwitchEndpoint(operation_id=operation_id, actor=caller.user_id, endpoint_id=endpoint.id, enabled=False)
    await parts.endpoints.switch(command, parts.now())
    return _view(await parts.endpoints.endpoint(endpoint.id, parts.now()))


@router.post("/{endpoint_id}/enable", responses=WRITE)
async def enable(caller: Admin, endpoint: AnyEndpoint, operation_id: OperationId, parts: PartsOf) -> EndpointView:
    command = SwitchEndpoint(operation_id=operation_id, actor=caller.user_id, endpoint_id=endpoint.id, enabled=True)
    await parts.endpoints.switch(command, parts.now())
    return _view(await parts.endpoints.endpoint(endpoint.id, parts.now()))


@router.get("/{endpoint_id}/deliveries", responses=READ)
async def deliveries(
    endpoint: AnyEndpoint, parts: PartsOf, state: DeliveryState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> PageView[DeliveryView]:
    """Oldest first. `state=dead` lists the dead letters."""
    page = await parts.deliveries.page(endpoint.id, state=state, after=cursor, limit=limit)
    return PageView[DeliveryView].model_validate(page)


@router.post("/{endpoint_id}/redeliver", responses=WRITE)
async def redeliver(
    caller: Operator, endpoint: AnyEndpoint, operation_id: OperationId, body: Redelivery, parts: PartsOf
) -> RedeliveryView:
    """Tell one event again, or all dead letters. They come late: their `sequence` says where they belong."""
    command = Redeliver(
        operation_id=operation_id,
        actor=caller.user_id,
        endpoint_id=endpoint.id,
        loan_id=body.loan_id,
        sequence=body.sequence,
    )
    return RedeliveryView(queued=await parts.deliveries.redeliver(command, parts.now()))


def _view(endpoint: Endpoint, secret: str | None = None) -> EndpointView:
    return EndpointView.model_validate(endpoint).model_copy(update={"secret": secret})
