"""Identity checks. Most are answered at once; some are told later by webhook `identity.checked`."""

from datetime import date

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from sandbox.behaviour import Provider
from sandbox.cases import IdentityCheck
from sandbox.door import IdempotencyKey, WorldHere, door_of
from sandbox.faults import Fault
from sandbox.requests import Digest, LoanId, Name, PersonRequest, ProviderRequest
from sandbox.scenarios import Outcome, identity_plan

router = APIRouter(prefix="/kyc/checks", tags=["kyc"], dependencies=[Depends(door_of(Provider.KYC))])


class ShownDocument(ProviderRequest):
    kind: Name
    media_type: Name
    digest: Digest


class CheckRequest(PersonRequest):
    loan_id: LoanId
    documents: tuple[ShownDocument, ...] = ()


class AspectAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    aspect: str
    outcome: Outcome
    reasons: tuple[str, ...]


class CheckAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    key: str
    reference: str
    outcome: Outcome
    reasons: tuple[str, ...]
    checks: tuple[AspectAnswer, ...]
    documents_expire_on: date | None


@router.post("")
async def check(request: CheckRequest, idempotency_key: IdempotencyKey, world: WorldHere) -> CheckAnswer:
    """Start a check, or hear where the one started under this key stands."""
    known = world.checks.recall(idempotency_key, request)
    if known is None:
        known = await _begin(request, idempotency_key, world)
    return CheckAnswer.model_validate(known)


@router.get("/{key:path}")
async def check_so_far(key: str, world: WorldHere) -> CheckAnswer:
    return CheckAnswer.model_validate(world.checks.named(key))


async def _begin(request: CheckRequest, key: str, world: WorldHere) -> IdentityCheck:
    if {shown.digest for shown in request.documents} - {paper.digest for paper in world.papers_of(key)}:
        raise Fault(409, "document_missing")
    plan = identity_plan(request.family_name)
    if plan.refusal or world.switches[Provider.KYC].refuse:
        raise Fault(422, plan.refusal or "refused")
    case = IdentityCheck(key=key, loan_id=request.loan_id, plan=plan)
    world.checks.keep(key, request, case)
    return await world.pursue(case, plan)
