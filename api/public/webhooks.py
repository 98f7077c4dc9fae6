"""What providers tell us, signed. It becomes a signal to the loan it is about."""

from typing import Literal

from fastapi import APIRouter, Request

from api.dependencies import PartsOf, loan_id
from api.errors import Refused
from api.openapi import problems
from api.strict_json import StrictRoute
from infrastructure.providers.webhooks import WebhookNotAuthentic, WebhookNotUnderstood

router = APIRouter(tags=["providers"], route_class=StrictRoute)

_BODY = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}


@router.post(
    "/webhooks/{provider}",
    status_code=204,
    responses=problems(401, 404, 413, 422, 503),
    openapi_extra={"requestBody": _BODY},
)
async def hear(provider: Literal["kyc", "payments"], request: Request, parts: PartsOf) -> None:
    """Signed by the Standard Webhooks convention. Said twice, or too late, it changes nothing."""
    read = parts.webhooks.identity_checked if provider == "kyc" else parts.webhooks.payment_concluded
    try:
        event = read(request.headers, await request.body())
    except WebhookNotAuthentic as refusal:
        raise Refused("WebhookNotAuthentic", str(refusal)) from None
    except WebhookNotUnderstood as refusal:
        raise Refused("InvalidRequest", str(refusal)) from None
    loan = await parts.views.loan(loan_id(event.loan_id))
    await parts.desk.tell(loan, event.result)
