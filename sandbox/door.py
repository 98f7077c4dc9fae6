"""What every request passes first: the API key, and the switches of the provider behind the door."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request

from sandbox.behaviour import Provider
from sandbox.faults import Fault
from sandbox.world import World


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


WorldHere = Annotated[World, Depends(_world)]
IdempotencyKey = Annotated[str, Header(min_length=1, max_length=255)]
Authorization = Annotated[str, Header()]


def door_of(provider: Provider) -> Callable[..., Awaitable[None]]:
    async def door(world: WorldHere, authorization: Authorization = "") -> None:
        _check_key(authorization, world.settings.api_key(provider))
        behaviour = world.switches[provider]
        if behaviour.down:
            raise Fault(503, "down")
        await asyncio.sleep(behaviour.slow)

    return door


async def admin_door(world: WorldHere, authorization: Authorization = "") -> None:
    _check_key(authorization, world.settings.api_key("admin"))


def _check_key(authorization: str, api_key: str) -> None:
    if not hmac.compare_digest(authorization.encode(), f"Bearer {api_key}".encode()):
        raise Fault(401, "unauthorized")
