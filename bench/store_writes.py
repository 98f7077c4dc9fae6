"""How often Temporal's server writes to its own store: by its own count."""

import asyncio

import httpx
from prometheus_client.parser import text_string_to_metric_families

_COUNTERS = ("persistence_requests", "visibility_persistence_requests")
_WRITES = ("Create", "Update", "Upsert", "Record")  # how the names of its operations begin
_REST = 0.5  # seconds: what it does by the way is done by then


async def written(metrics: str) -> int:
    """So far, once it has come to rest. `metrics` is the address of the server's own."""
    async with httpx.AsyncClient() as http:
        before, now = -1, await _read(http, metrics)
        while now != before:
            await asyncio.sleep(_REST)
            before, now = now, await _read(http, metrics)
        return now


async def _read(http: httpx.AsyncClient, metrics: str) -> int:
    told = text_string_to_metric_families((await http.get(metrics)).text)
    samples = (sample for family in told if family.name in _COUNTERS for sample in family.samples)
    return round(sum(sample.value for sample in samples if sample.labels["operation"].startswith(_WRITES)))
