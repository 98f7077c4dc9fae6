"""Who are you? A short-lived token for a user's e-mail address and password."""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.dependencies import PartsOf
from api.errors import Refused
from api.models.people import Credentials, TokenView
from api.openapi import problems
from api.parts import Parts
from api.strict_json import MalformedBody, StrictRoute, parse
from infrastructure.passwords import TooManyAttempts
from infrastructure.postgres.users import User
from infrastructure.security import Caller

router = APIRouter(tags=["who is asking"], route_class=StrictRoute)

_JSON = {"schema": {"$ref": "#/components/schemas/Credentials"}}
_FORM = {"schema": {**Credentials.model_json_schema(), "additionalProperties": True}}
_BODY = {"required": True, "content": {"application/json": _JSON, "application/x-www-form-urlencoded": _FORM}}


@router.post("/auth/token", responses=problems(401, 413, 422, 429, 503), openapi_extra={"requestBody": _BODY})
async def issue_token(request: Request, parts: PartsOf) -> TokenView:
    """As JSON, or as an OAuth2 password form."""
    try:
        parts.passwords.admit(request.client.host if request.client else "nowhere")
        user = await _user(await _credentials(request), parts)
    except TooManyAttempts as refusal:
        raise Refused("TooManyAttempts", str(refusal), {"Retry-After": str(refusal.retry_after)}) from None
    token = parts.tokens.issue(Caller(user_id=user.id, role=user.role, customer_id=user.customer_id))
    return TokenView(access_token=token, expires_in=int(parts.tokens.lifetime.total_seconds()))


async def _user(credentials: Credentials, parts: Parts) -> User:
    user, hashed = await parts.users.by_email(credentials.username) or (None, None)
    matches = await parts.passwords.opens(credentials.username, credentials.password, hashed)
    if user is None or not matches or not user.active:
        raise Refused("NotAuthenticated", "no user has this e-mail address and password")
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
