"""Signing up, and what is known of oneself."""

from uuid import uuid5

from fastapi import APIRouter
from limits import RateLimitItemPerHour

from api.dependencies import CUSTOMERS, AnyCaller, Applicant, IdempotencyKey, OwnCustomerId, PartsOf
from api.models.people import HeldOfOneself, MeView, SignedUp, SignUp
from api.openapi import problems
from api.parts import Parts
from api.rate_limits import slow_down
from api.strict_json import StrictRoute
from domain.customer import CustomerDetails
from domain.errors import InvalidValue, OperationReused, UnknownCustomer
from infrastructure.limits import TooMany

router = APIRouter(tags=["who is asking"], route_class=StrictRoute)

EXPORTS = RateLimitItemPerHour(10, namespace="exports")  # of a customer: each opens all that is sealed


@router.post("/customers", status_code=201, responses=problems(400, 410, 413, 422, 503))
async def sign_up(body: SignUp, key: IdempotencyKey, parts: PartsOf) -> SignedUp:
    """A new customer, and a user with the role applicant who can ask for a token."""
    details = body.details(str(uuid5(CUSTOMERS, f"{body.email}/{key}")))
    if done := await _done_before(parts, details, body.password):
        return done
    hashed = await parts.passwords.hashed(body.password)
    try:
        user = await parts.customers.register(details, hashed, parts.now())
    except InvalidValue:
        if done := await _done_before(parts, details, body.password):  # by a twin of this very call
            return done
        raise
    return SignedUp(customer_id=details.customer_id, user_id=user.id)


async def _done_before(parts: Parts, details: CustomerDetails, password: str) -> SignedUp | None:
    """The first answer, when the same call comes again. Raises OperationReused when it says something else."""
    try:
        known = await parts.customers.details(details.customer_id)
    except UnknownCustomer:
        return None
    user, hashed = await parts.users.by_email(details.email) or (None, None)
    if user is None or known != details or not await parts.passwords.matches(password, hashed):
        raise OperationReused("this key came before, with another content")
    return SignedUp(customer_id=details.customer_id, user_id=user.id)


@router.get("/me", responses=problems(401, 403, 410, 503))
async def me(caller: AnyCaller, parts: PartsOf) -> MeView:
    user = await parts.users.by_id(caller.user_id)
    return MeView.of(user, await parts.customers.details(user.customer_id) if user.customer_id else None)


@router.get("/me/export", responses=problems(401, 403, 410, 503))
async def export(caller: Applicant, customer_id: OwnCustomerId, parts: PartsOf) -> HeldOfOneself:
    """All that is held about oneself, as one document, but for what `withheld` names. A line in the audit trail says
    that it was taken."""
    try:
        await parts.limits.hit(EXPORTS, customer_id)
    except TooMany as refusal:
        raise slow_down("TooManyRequests", refusal) from None
    return HeldOfOneself.model_validate(
        await parts.export.of_oneself(customer_id, actor=caller.user_id, at=parts.now())
    )
