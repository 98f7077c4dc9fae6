"""For those who run the API: is it alive, is it ready, how is it doing."""

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter, Response
from prometheus_client import generate_latest
from pydantic import BaseModel

from api.dependencies import PartsOf

router = APIRouter(tags=["operations"])

LONGEST_CHECK = 3.0  # seconds


class Health(BaseModel):
    status: str


class Readiness(Health):
    postgres: bool
    temporal: bool


@router.get("/healthz")
async def alive() -> Health:
    """The process answers."""
    return Health(status="alive")


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Postgres or Temporal is away"}})
async def ready(parts: PartsOf, response: Response) -> Readiness:
    """Postgres and Temporal answer, too."""
    postgres, temporal = await asyncio.gather(_in_time(parts.books_are_ready()), _in_time(parts.desk.is_ready()))
    if not (postgres and temporal):
        response.status_code = 503
    return Readiness(status="ready" if postgres and temporal else "waiting", postgres=postgres, temporal=temporal)


async def _in_time(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(LONGEST_CHECK):
            return await check
    except TimeoutError:
        return False


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def prometheus() -> Response:
    """In Prometheus's text format."""
    return Response(generate_latest(), media_type="text/plain; version=0.0.4")
