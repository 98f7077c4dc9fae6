"""A body that is too large is not read to its end."""

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem


class LimitBody:
    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if len(announced) > 15 or not announced.isdecimal() or int(announced) > self._most:
            await problem("ContentTooLarge", self._reason)(scope, receive, send)
            return
        read = 0

        async def receive_so_much() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise HTTPException(413, self._reason)
            return message

        await self._app(scope, receive_so_much, send)

    @property
    def _reason(self) -> str:
        return f"a body may have {self._most} bytes"
