"""The worker's port for Prometheus: what it answers, and that nothing about it stops a worker."""

import asyncio
import gc
import threading
from collections.abc import Iterator

import httpx
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from temporalio.client import Client

from infrastructure.postgres.engine import create_engine
from infrastructure.settings import Settings
from infrastructure.telemetry.metrics import LenderMetrics, lender_metrics, serving_metrics
from infrastructure.telemetry.sdk import SdkMetrics
from stack.probes import free_port
from stack.temporal_server import TemporalServer


class One(Collector):
    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("one", "One", value=1)


def settings_with(port: int) -> Settings:
    told = {"environment": "development", "database_url": "postgresql://a:b@127.0.0.1:1/c", "metrics_port": port}
    return Settings.model_validate(told)


async def scrape(port: int) -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{port}/metrics", timeout=20)
    assert answer.status_code == 200
    return answer.text


async def test_everything_is_found_on_one_port() -> None:
    port = free_port()
    with serving_metrics(settings_with(port), One()):
        text = await scrape(port)
    assert "one 1.0" in text
    assert "python_info" in text


async def test_the_port_is_free_again_afterwards() -> None:
    port = free_port()
    for _ in range(2):
        with serving_metrics(settings_with(port), One()):
            await scrape(port)


async def test_a_port_in_use_costs_the_metrics_and_nothing_else() -> None:
    port = free_port()
    with serving_metrics(settings_with(port), One()), serving_metrics(settings_with(port)):
        assert "one 1.0" in await scrape(port)


def test_port_zero_serves_nothing() -> None:
    threads = threading.active_count()
    with serving_metrics(settings_with(0), One()):
        assert threading.active_count() == threads


async def test_books_that_are_away_are_a_metric_and_not_a_failed_scrape() -> None:
    port, engine = free_port(), create_engine("postgresql://a:b@127.0.0.1:1/c")
    with serving_metrics(
        settings_with(port), LenderMetrics(lambda: lender_metrics(engine), asyncio.get_running_loop())
    ):
        text = await scrape(port)
    await engine.dispose()
    assert "tenor_books_available 0.0" in text
    assert "tenor_loans" not in text


async def test_what_took_long_to_count_is_told_again_for_a_while() -> None:
    counted = 0

    async def slowly() -> list[Metric]:
        nonlocal counted
        counted += 1
        await asyncio.sleep(0.02)
        return [GaugeMetricFamily("counted", "How often", value=counted)]

    metrics = LenderMetrics(slowly, asyncio.get_running_loop())

    async def tell() -> float:
        (family,) = await asyncio.to_thread(lambda: list(metrics.collect()))
        return float(family.samples[0].value)

    assert [await tell(), await tell()] == [1, 1]
    await asyncio.sleep(1)
    assert await tell() == 2


async def test_what_temporals_sdk_measures_is_found_there_too(temporal_server: TemporalServer) -> None:
    port, sdk = free_port(), SdkMetrics()
    client = await Client.connect(temporal_server.address, runtime=sdk.runtime)
    await client.service_client.check_health()
    with serving_metrics(settings_with(port), sdk):
        text = await scrape(port)
    assert "temporal_request_total{" in text
    assert "temporal_request_latency_seconds_bucket{" in text
    del client, sdk
    gc.collect()
