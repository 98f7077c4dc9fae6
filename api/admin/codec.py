"""What Temporal's Web UI and CLI ask to show what is sealed in Temporal: its remote codec protocol."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from pydantic import ConfigDict
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payloads

from api.dependencies import Bearer, PartsOf, caller, staff
from api.models.base import Model
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.errors import InvalidValue
from infrastructure.security import Caller

PATH = "/codec"


async def reader(request: Request, parts: PartsOf, token: Bearer) -> Caller | None:
    """Anybody of the staff; on a developer's machine, if a setting says so, whoever asks without a token."""
    if token is None and parts.settings.codec_open:
        return None
    return staff(await caller(request, parts, token))


Reader = Annotated[Caller | None, Depends(reader)]
router = APIRouter(prefix=PATH, tags=["Temporal's codec"], route_class=StrictRoute)


class PayloadsView(Model):
    """As Temporal writes payloads in JSON: `metadata` and `data` in base64."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "MQ=="}]}]}
    )

    payloads: list[dict[str, Any]]

    @property
    def message(self) -> Payloads:
        try:
            return ParseDict({"payloads": self.payloads}, Payloads(), ignore_unknown_fields=True)
        except (ParseError, ValueError, TypeError, AttributeError):
            raise InvalidValue("payloads", "are not payloads as Temporal writes them") from None

    @classmethod
    def of(cls, message: Payloads) -> "PayloadsView":
        return cls.model_validate({"payloads": [], **MessageToDict(message)})


@router.post("/decode", responses=problems(401, 403, 413, 422, 503))
async def decode(caller: Reader, body: PayloadsView, parts: PartsOf) -> PayloadsView:
    """Payloads laid open. What is not sealed, or not by this installation, comes back as it is."""
    return PayloadsView.of(Payloads(payloads=await parts.codec.decode(body.message.payloads)))


@router.post("/encode", responses=problems(401, 403, 413, 422, 503))
async def encode(caller: Reader, body: PayloadsView, parts: PartsOf) -> PayloadsView:
    """Payloads sealed, for a signal that somebody sends by hand."""
    return PayloadsView.of(Payloads(payloads=await parts.codec.encode(body.message.payloads)))


class AllowTemporalUi:
    """Lets a browser that shows Temporal's Web UI ask the codec, and nothing else of this API."""

    def __init__(self, app: ASGIApp, ui_url: str) -> None:
        self._app = app
        self._allowing = CORSMiddleware(
            app,
            allow_origins=[ui_url, ui_url.replace("//127.0.0.1:", "//localhost:")],
            allow_methods=["POST"],
            allow_headers=["Authorization", "Authorization-Extras", "Content-Type", "X-Namespace"],
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_codec = scope["type"] == "http" and f"{PATH}/" in scope["path"]
        await (self._allowing if is_codec else self._app)(scope, receive, send)
