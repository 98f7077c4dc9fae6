"""Temporal's SDK is written in Rust and has logs and metrics of its own: here they join ours."""

import logging
import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Final

from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from temporalio import activity, workflow
from temporalio.runtime import LogForwardingConfig, LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig
from temporalio.runtime import TelemetryFilter as Filter

_LOOPBACK: Final = "127.0.0.1"
_ATTEMPTS: Final = 5
_SECONDS: Final = 2

_LOGGING: Final = LoggingConfig(
    filter=Filter(core_level="WARN", other_level="ERROR"),
    forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core"), append_target_to_name=False),
)


class SdkMetrics(Collector):
    """The SDK serves its metrics itself, for this process alone; read here, all of a worker's are found on one port."""

    def __init__(self) -> None:
        self.runtime, self._port = _measured_runtime(_ATTEMPTS)

    def collect(self) -> Iterator[Metric]:
        with closing(HTTPConnection(_LOOPBACK, self._port, timeout=_SECONDS)) as connection:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        yield from text_string_to_metric_families(text)


def runtime() -> Runtime:
    """For a process that is only a client: the SDK's logs, and no metrics."""
    return _runtime(None)


def _runtime(metrics: PrometheusConfig | None) -> Runtime:
    """Its logs come through Python's logging; where they were logged is in fields, and not in the text as well."""
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    return Runtime(telemetry=TelemetryConfig(logging=_LOGGING, metrics=metrics))


def _measured_runtime(attempts: int) -> tuple[Runtime, int]:
    """The SDK wants to be told a port, and somebody may take it before the SDK does: then another one."""
    port = _free_port()
    metrics = PrometheusConfig(
        bind_address=f"{_LOOPBACK}:{port}", counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
    )
    try:
        return _runtime(metrics), port
    except ValueError:
        if attempts == 1:
            raise
        return _measured_runtime(attempts - 1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
