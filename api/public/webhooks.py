"""What providers tell us, signed. It becomes a signal to the loan it is about."""

from typing import Literal

from fastapi import APIRouter, Request

from api.dependencies import PartsOf, loan_id
from api.errors import Refused
from api.openapi import problems
from api.parts import Parts
from api.strict_json import StrictRoute
from domain.errors import NotAllowedNow, UnknownLoan
from infrastructure.providers.webhooks import WebhookNotAuthentic, WebhookNotUnderstood

router = APIRouter(tags=["providers"], route_class=StrictRoute)

LONGEST_ID = 100  # characters
_BODY = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}


@router.post(
    "/webhooks/{provider}",
    status_code=204,
    responses=problems(401, 404, 413, 422, 503),
    openapi_extra={"requestBody": _BODY},
)
async def hear(provider: Literal["kyc", "payments"], request: Request, parts: PartsOf) -> None:
    """Signed by the Standard Webhooks convention. Said twice, or too late, it changes nothing.

    What a provider signed and nobody can use is on record; what nobody signed is in the log alone, so that no stranger
    can fill the books.
    """
    read = parts.webhooks.identity_checked if provider == "kyc" else parts.webhooks.payment_concluded
    try:
        event = read(request.headers, await request.body())
    except WebhookNotAuthentic as refusal:
        raise Refused("WebhookNotAuthentic", str(refusal)) from None
    except WebhookNotUnderstood as refusal:
        await _note(parts, provider, request, f"InvalidRequest: {refusal}")
        raise Refused("InvalidRequest", str(refusal)) from None
    try:
        loan = await parts.views.loan(loan_id(event.loan_id))
    except UnknownLoan as refusal:
        await _note(parts, provider, request, f"UnknownLoan: {refusal}")
        raise
    try:
        await parts.desk.tell(loan, event.result)
    except NotAllowedNow as refusal:
        await _note(parts, provider, request, f"NotAllowedNow: {refusal}", loan.id)


async def _note(parts: Parts, provider: str, request: Request, reason: str, loan_id: str | None = None) -> None:
    details = {"webhook": request.headers["webhook-id"][:LONGEST_ID]}
    await parts.refusals.note(loan_id, actor=provider, reason=reason, details=details, at=parts.now())
