"""Who are you? A short-lived token for a user's e-mail address and password, and the next ones without asking again."""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from limits import RateLimitItemPerMinute
from pydantic import ValidationError

from api.dependencies import PartsOf
from api.errors import Refused
from api.models.people import Credentials, Renewal, TokenView
from api.openapi import problems
from api.parts import Parts
from api.rate_limits import address_of, slow_down
from api.strict_json import MalformedBody, StrictRoute, parse
from domain.errors import UnknownUser
from infrastructure.limits import TooMany
from infrastructure.postgres.lockouts import LOCKED_FOR, MOST_FAILURES
from infrastructure.postgres.sign_ins import SignInOver
from infrastructure.postgres.users import User
from infrastructure.security import Caller

router = APIRouter(prefix="/auth", tags=["who is asking"], route_class=StrictRoute)

ATTEMPTS = RateLimitItemPerMinute(300, namespace="attempts")  # of an address
FAILURES = RateLimitItemPerMinute(  # of an account that there is not, so that it looks like one that there is
    MOST_FAILURES, multiples=int(LOCKED_FOR.total_seconds() // 60), namespace="failures"
)

_JSON = {"schema": {"$ref": "#/components/schemas/Credentials"}}
_FORM = {"schema": {**Credentials.model_json_schema(), "additionalProperties": True}}
_BODY = {"required": True, "content": {"application/json": _JSON, "application/x-www-form-urlencoded": _FORM}}


@router.post("/token", responses=problems(401, 413, 422, 429, 503), openapi_extra={"requestBody": _BODY})
async def issue_token(request: Request, parts: PartsOf) -> TokenView:
    """As JSON, or as an OAuth2 password form."""
    try:
        await parts.limits.hit(ATTEMPTS, address_of(request.scope))
        user = await _user(await _credentials(request), parts)
    except TooMany as refusal:
        raise slow_down("TooManyAttempts", refusal) from None
    return _told(parts, user, await parts.sign_ins.begin(user.id, parts.now()))


@router.post("/refresh", responses=problems(401, 413, 422, 429, 503))
async def refresh(body: Renewal, parts: PartsOf) -> TokenView:
    """New tokens for the last refresh token, which is used up by it. Used twice, it ends the sign-in."""
    try:
        user_id, token = await parts.sign_ins.renew(body.refresh_token, parts.now())
        user = await parts.users.by_id(user_id)
    except (SignInOver, UnknownUser):
        raise Refused("NotAuthenticated", "the sign-in is over: sign in again") from None
    if not user.active:
        raise Refused("NotAuthenticated", "the user is no longer active")
    return _told(parts, user, token)


@router.post("/sign-out", status_code=204, responses=problems(413, 422, 429, 503))
async def sign_out(body: Renewal, parts: PartsOf) -> None:
    """The sign-in is over; its last access token still lives for its minutes."""
    await parts.sign_ins.end(body.refresh_token, parts.now())


def _told(parts: Parts, user: User, refresh_token: str) -> TokenView:
    token = parts.tokens.issue(Caller(user_id=user.id, role=user.role, customer_id=user.customer_id))
    lifetime = int(parts.tokens.lifetime.total_seconds())
    return TokenView(access_token=token, expires_in=lifetime, refresh_token=refresh_token)


async def _user(credentials: Credentials, parts: Parts) -> User:
    """Raises TooMany of an account that is guessed at, whether or not there is one."""
    user, hashed = await parts.users.by_email(credentials.username) or (None, None)
    async with parts.passwords.turns:
        if user is not None:
            await parts.lockouts.count(user.id, parts.now())
        else:
            await parts.limits.hit(FAILURES, credentials.username.lower())
        matches = await parts.passwords.matches(credentials.password, hashed)
        if user is None or not matches or not user.active:
            raise Refused("NotAuthenticated", "no user has this e-mail address and password")
        await parts.lockouts.clear(user.id)
    return user


async def _credentials(request: Request) -> Credentials:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = kind == "application/x-www-form-urlencoded"
    try:
        sent = (_of_form if form else parse)(await request.body())
        return Credentials.model_validate(sent)
    except MalformedBody as error:
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body",), "msg": error.msg, "ctx": {"error": error.msg}}]
        ) from None
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None


def _of_form(body: bytes) -> dict[str, str]:
    """The fields that count; OAuth2 clients send others besides."""
    try:
        fields = parse_qsl(body.decode(errors="replace"), max_num_fields=20)
    except ValueError:
        raise MalformedBody("the form has too many fields") from None
    return {name: value for name, value in fields if name in {"username", "password"}}
