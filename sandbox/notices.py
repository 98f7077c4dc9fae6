"""Notices to customers: taken, never really sent, and shown to whoever asks."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import StringConstraints

from sandbox.behaviour import Provider
from sandbox.door import IdempotencyKey, WorldHere, door_of
from sandbox.faults import Fault
from sandbox.requests import Name, ProviderRequest
from sandbox.scenarios import notice_refusal
from sandbox.world import Notice

router = APIRouter(prefix="/notices", tags=["notices"], dependencies=[Depends(door_of(Provider.NOTICES))])


class NoticeRequest(ProviderRequest):
    to: Annotated[str, StringConstraints(pattern="^[^@\\s]+@[^@\\s]+$", max_length=320)]
    template: Name
    facts: dict[str, str]


@router.post("", status_code=202)
async def notify(request: NoticeRequest, idempotency_key: IdempotencyKey, world: WorldHere) -> Response:
    if world.notices.recall(idempotency_key, request) is None:
        await _send(request, idempotency_key, world)
    return Response(status_code=202)


@router.get("")
async def sent(world: WorldHere, to: str | None = None) -> list[Notice]:
    """Every notice ever taken, oldest first."""
    return [notice for notice in world.notices.everything() if to in {None, notice.to}]


async def _send(request: NoticeRequest, key: str, world: WorldHere) -> None:
    refusal, behaviour = notice_refusal(request.to), world.switches[Provider.NOTICES]
    if refusal or behaviour.refuse:
        raise Fault(422, refusal or "refused")
    world.notices.keep(key, request, Notice(key=key, to=request.to, template=request.template, facts=request.facts))
    await world.withhold_answer_if(behaviour)
