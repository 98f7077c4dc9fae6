"""The switchboard: `PUT /switches/{provider}` says how a provider behaves from now on."""

from fastapi import APIRouter, Depends

from sandbox.behaviour import TELLS_BY_WEBHOOK, Behaviour, Provider
from sandbox.door import WorldHere, admin_door
from sandbox.faults import Fault

router = APIRouter(prefix="/switches", tags=["switches"], dependencies=[Depends(admin_door)])


@router.get("")
async def all_switches(world: WorldHere) -> dict[Provider, Behaviour]:
    return world.switches


@router.put("/{provider}")
async def switch(provider: Provider, behaviour: Behaviour, world: WorldHere) -> Behaviour:
    """Replaces all of the provider's switches: what isn't named is off."""
    if behaviour.of_webhooks and provider not in TELLS_BY_WEBHOOK:
        raise Fault(422, "provider_has_no_webhooks")
    world.switches[provider] = behaviour
    return behaviour
