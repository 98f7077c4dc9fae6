"""The payment rail. It takes a payout, and tells later by webhook `payout.settled` or `payout.failed`."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from sandbox.behaviour import Provider
from sandbox.cases import Payout
from sandbox.door import IdempotencyKey, WorldHere, door_of
from sandbox.faults import Fault
from sandbox.requests import Currency, LoanId, Name, ProviderRequest
from sandbox.scenarios import Outcome, payout_plan

router = APIRouter(prefix="/payouts", tags=["payments"], dependencies=[Depends(door_of(Provider.PAYMENTS))])


class PaymentRequest(ProviderRequest):
    """`amount_minor` is a count of minor units of `currency`."""

    amount_minor: Annotated[int, Field(gt=0, le=10**15)]
    currency: Currency
    account: Name
    holder: Name
    loan_id: LoanId


class PaymentAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    key: str
    reference: str
    outcome: Outcome
    reason: str | None


class StatementLine(PaymentAnswer):
    kind: str
    loan_id: str
    amount_minor: int
    currency: str
    account_ending: str
    taken_at: datetime
    concluded_at: datetime | None


@router.post("")
async def send(request: PaymentRequest, idempotency_key: IdempotencyKey, world: WorldHere) -> PaymentAnswer:
    """Take a payout, or hear where the one taken under this key stands. One key pays once."""
    known = world.payouts.recall(idempotency_key, request)
    if known is None:
        known = await _take(request, idempotency_key, world)
    return PaymentAnswer.model_validate(known)


@router.get("")
async def statement(world: WorldHere, loan_id: str | None = None) -> list[StatementLine]:
    """Every payout ever taken, oldest first."""
    payouts = (payout for payout in world.payouts.everything() if loan_id in {None, payout.loan_id})
    return [StatementLine.model_validate(payout) for payout in payouts]


@router.get("/{key:path}")
async def payout_so_far(key: str, world: WorldHere) -> PaymentAnswer:
    return PaymentAnswer.model_validate(world.payouts.named(key))


async def _take(request: PaymentRequest, key: str, world: WorldHere) -> Payout:
    receiver = (request.account, request.loan_id)
    plan = payout_plan(request.account, earlier_payouts=world.payouts_to[receiver])
    if plan.refusal or world.switches[Provider.PAYMENTS].refuse:
        raise Fault(422, plan.refusal or "refused")
    payout = Payout(
        key=key,
        loan_id=request.loan_id,
        amount_minor=request.amount_minor,
        currency=request.currency,
        account_ending=request.account[-4:],
    )
    world.payouts.keep(key, request, payout)
    world.payouts_to[receiver] += 1
    return await world.pursue(payout, plan)
