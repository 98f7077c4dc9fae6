"""A body that is too large is not read to its end."""

from collections.abc import Mapping

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem


class LimitBody:
    """`most` bytes, or as many as `larger` says of the request's path."""

    def __init__(self, app: ASGIApp, most: int, larger: Mapping[str, int]) -> None:
        self._app, self._most, self._larger = app, most, larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._larger.get(scope["path"], self._most)
        announced = Headers(scope=scope).get("content-length", "0")
        if len(announced) > 15 or not announced.isdecimal() or int(announced) > most:
            await problem("ContentTooLarge", _reason(most))(scope, receive, send)
            return
        read = 0

        async def receive_so_much() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413, _reason(most))
            return message

        await self._app(scope, receive_so_much, send)


def _reason(most: int) -> str:
    return f"a body may have {most} bytes"
