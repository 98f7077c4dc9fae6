"""Endpoints that take and give YAML as well as JSON, for definitions that people write by hand."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api import strict_yaml
from api.strict_json import StrictRequest

JSON = "application/json"


class _YamlRequest(StrictRequest):
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = await asyncio.to_thread(strict_yaml.parse, await self.body())
        return self._json


class JsonOrYamlRoute(APIRoute):
    """`Content-Type` says which of both a body is, `Accept: application/yaml` asks for YAML. Refusals stay JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_either(request: Request) -> Response:
            response = await handle(_read_by_type(request))
            return _as_yaml(response) if _wants_yaml(request) else response

        return handle_either


def is_yaml(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == strict_yaml.MEDIA_TYPE


def _read_by_type(request: Request) -> StrictRequest:
    """FastAPI parses a body that is called JSON, by the request's own `json`."""
    if not is_yaml(request):
        return StrictRequest(request.scope, request.receive)
    others = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    return _YamlRequest({**request.scope, "headers": [*others, (b"content-type", JSON.encode())]}, request.receive)


def _wants_yaml(request: Request) -> bool:
    ranges = [one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "").split(",")]
    return strict_yaml.MEDIA_TYPE in ranges and JSON not in ranges


def _as_yaml(response: Response) -> Response:
    told = strict_yaml.dump(json.loads(bytes(response.body)))
    return Response(told, response.status_code, media_type=strict_yaml.MEDIA_TYPE)


def body_in_yaml(model: str) -> dict[str, Any]:
    """For `openapi_extra`: the body of this name may be YAML."""
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"requestBody": {"content": {strict_yaml.MEDIA_TYPE: {"schema": schema}}}}
