"""JSON without surprises: what parsers read differently, or Postgres can't store, is refused as malformed."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute


class MalformedBody(json.JSONDecodeError):
    """Not JSON, or JSON that is ambiguous. `msg` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "", 0)


def parse(body: bytes) -> Any:
    """Raises MalformedBody for bad UTF-8, NaN, duplicate keys, NUL, lone surrogates, endless numbers and nesting."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_no_constant)
        check_texts(value)
    except MalformedBody:
        raise
    except json.JSONDecodeError as error:
        raise MalformedBody(f"{error.msg} at position {error.pos}") from None
    except UnicodeDecodeError:
        raise MalformedBody("it is not UTF-8") from None
    except RecursionError:
        raise MalformedBody("it is nested too deeply") from None
    except ValueError:  # an integer of thousands of digits
        raise MalformedBody("a number is too long") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise MalformedBody("an object names a field twice")
    return names


def _no_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not JSON")


def check_texts(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise MalformedBody("a text holds NUL or half a character")
    elif isinstance(value, dict):
        for name, item in value.items():
            check_texts(name)
            check_texts(item)
    elif isinstance(value, list):
        for item in value:
            check_texts(item)


class StrictRequest(Request):
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse(await self.body())
        return self._json


class StrictRoute(APIRoute):
    """A route whose bodies are read by `parse`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly
