"""Credit reports, always answered at once."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from sandbox.behaviour import Provider
from sandbox.cases import reference_of
from sandbox.door import IdempotencyKey, WorldHere, door_of
from sandbox.faults import Fault
from sandbox.requests import Currency, PersonRequest
from sandbox.scenarios import CreditFile, bureau_refusal, credit_file

router = APIRouter(prefix="/bureau/reports", tags=["bureau"], dependencies=[Depends(door_of(Provider.BUREAU))])


class ReportRequest(PersonRequest):
    currency: Currency


class ReportAnswer(BaseModel):
    """`monthly_obligations` is a count of minor units of `currency`."""

    reference: str
    score: int | None
    currency: str
    monthly_obligations: int
    flags: tuple[str, ...]


@router.post("")
async def report(request: ReportRequest, idempotency_key: IdempotencyKey, world: WorldHere) -> ReportAnswer:
    known = world.reports.recall(idempotency_key, request)
    if known is None:
        known = await _enquire(request, idempotency_key, world)
    return ReportAnswer(
        reference=reference_of("bur", idempotency_key),
        score=known.score,
        currency=request.currency,
        monthly_obligations=known.monthly_obligations,
        flags=known.flags,
    )


async def _enquire(request: ReportRequest, key: str, world: WorldHere) -> CreditFile:
    refusal, behaviour = bureau_refusal(request.family_name), world.switches[Provider.BUREAU]
    if refusal or behaviour.refuse:
        raise Fault(422, refusal or "refused")
    found = credit_file(request.family_name)
    world.reports.keep(key, request, found)
    await world.withhold_answer_if(behaviour)
    return found
