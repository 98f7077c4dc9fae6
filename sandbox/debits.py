"""Direct debits of the payment rail. Told by webhook: `debit.settled`, `debit.failed` and, later, `debit.returned`."""

from fastapi import APIRouter, Depends

from sandbox.behaviour import Provider
from sandbox.cases import Debit
from sandbox.door import IdempotencyKey, WorldHere, admin_door, door_of
from sandbox.faults import Fault
from sandbox.payments import PaymentAnswer, PaymentRequest, StatementLine
from sandbox.requests import Name
from sandbox.scenarios import debit_plan

router = APIRouter(prefix="/debits", tags=["payments"])

RAIL = [Depends(door_of(Provider.PAYMENTS))]


class DebitRequest(PaymentRequest):
    """`mandate` is the reference of the holder's."""

    mandate: Name


@router.post("", dependencies=RAIL)
async def draw(request: DebitRequest, idempotency_key: IdempotencyKey, world: WorldHere) -> PaymentAnswer:
    """Take a debit, or hear where the one taken under this key stands. One key draws once."""
    known = world.debits.recall(idempotency_key, request)
    if known is None:
        known = await _take(request, idempotency_key, world)
    return PaymentAnswer.model_validate(known)


@router.get("", dependencies=RAIL)
async def debits(world: WorldHere, loan_id: str | None = None) -> list[StatementLine]:
    """Every debit ever taken, oldest first."""
    taken = (debit for debit in world.debits.everything() if loan_id in {None, debit.loan_id})
    return [StatementLine.model_validate(debit) for debit in taken]


@router.post("/{key}/return", dependencies=[Depends(admin_door)])
async def take_back(key: str, world: WorldHere) -> PaymentAnswer:
    """The payer has their money back, however long after it was drawn."""
    debit = world.debits.named(key)
    world.take_back(debit)
    return PaymentAnswer.model_validate(debit)


@router.get("/{key:path}", dependencies=RAIL)
async def debit_so_far(key: str, world: WorldHere) -> PaymentAnswer:
    return PaymentAnswer.model_validate(world.debits.named(key))


async def _take(request: DebitRequest, key: str, world: WorldHere) -> Debit:
    payer = (request.account, request.loan_id)
    plan = debit_plan(request.account, earlier_debits=world.debits_from[payer])
    if plan.refusal or world.switches[Provider.PAYMENTS].refuse:
        raise Fault(422, plan.refusal or "refused")
    debit = Debit(
        key=key,
        loan_id=request.loan_id,
        amount_minor=request.amount_minor,
        currency=request.currency,
        account_ending=request.account[-4:],
        mandate=request.mandate,
    )
    world.debits.keep(key, request, debit)
    world.debits_from[payer] += 1
    return await world.pursue(debit, plan)
