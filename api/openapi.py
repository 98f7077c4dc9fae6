"""The machine-readable description of both apps, and a page to read and try it that needs no other host."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from api.errors import PROBLEMS, type_of
from api.models.people import Credentials

STATIC = Path(__file__).parent / "static"
PROBLEM_JSON = "application/problem+json"

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `type` names the refusal and is stable; `errors` points at what was wrong.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "enum": sorted(type_of(name) for name in PROBLEMS)},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body"},
                    "parameter": {"type": "string", "description": "of the path or the query"},
                    "header": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


_RETRY_AFTER = {"description": "seconds", "schema": {"type": "integer"}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented ways in which a call can be refused. Any can come too often."""
    return {status: _refusal(status) for status in sorted({*statuses, 429})}


def _refusal(status: int) -> dict[str, Any]:
    titles = sorted({title for of_status, title in PROBLEMS.values() if of_status == status})
    schema = {"$ref": "#/components/schemas/Problem"}
    refusal = {"description": ". ".join(titles), "content": {PROBLEM_JSON: {"schema": schema}}}
    return {**refusal, "headers": {"Retry-After": _RETRY_AFTER}} if status in {429, 503} else refusal


def describe(app: FastAPI, *, docs_url: str, token_url: str) -> None:
    """Give the app its OpenAPI document with the shape of problems, and its docs page."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            schemas = document["components"]["schemas"]
            schemas |= {"Problem": _PROBLEM, "Credentials": Credentials.model_json_schema()}
            for scheme in document["components"]["securitySchemes"].values():
                scheme["flows"]["password"]["tokenUrl"] = token_url
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents
    page = (STATIC / "docs.html").read_text().replace("$OPENAPI", str(app.openapi_url)).replace("$DOCS", docs_url)
    app.add_api_route(docs_url, lambda: HTMLResponse(page), include_in_schema=False)
    app.mount(f"{docs_url}/static", StaticFiles(directory=STATIC))
