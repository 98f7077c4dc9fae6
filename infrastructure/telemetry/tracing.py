"""Traces: one per request or per step that a loan takes by itself, from the door through Temporal down to SQL.

Spans leave the process through `Discreet` alone, which knows the few attributes that never hold personal data.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import httpx
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from infrastructure.settings import Settings

if TYPE_CHECKING:  # a worker that takes over from a dead one should not begin by importing a web framework
    from fastapi.telemetry import TelemetryConfig

# Baggage is not passed on: a caller could put anything in it, and Temporal would keep it for ever.
PROPAGATOR: Final = TraceContextTextMapPropagator()

_SQL: Final = AsyncPGInstrumentor()  # type: ignore[no-untyped-call]

PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds, by machines
EXPORT_SECONDS: Final = 5  # one attempt to hand spans over, and so the longest that an absent collector delays an exit

# SQL is recorded as sent, with placeholders. A path is recorded as its template; a query string never is.
TOLD: Final = frozenset(
    {
        *("http.request.method", "http.route", "http.response.status_code", "error.type"),
        *("http.method", "http.status_code"),  # the same, as httpx's instrumentation still calls them
        *("net.peer.name", "net.peer.port", "server.address", "server.port"),
        *("db.system", "db.name", "db.statement", "db.system.name", "db.namespace", "db.query.text"),
        *("temporalWorkflowID", "temporalRunID", "temporalActivityID", "temporalUpdateID"),
        *("tenor.loan_id", "tenor.refusal", "exception.type"),
    }
)


def tracer_provider(settings: Settings, service: str) -> TracerProvider:
    """Where no collector is named nothing is recorded; ids are still made, so that log lines can be matched."""
    resource = Resource.create(
        {
            "service.name": f"tenor-{service}",
            "service.version": settings.build_id,
            "deployment.environment.name": settings.environment,
        }
    )
    if settings.otlp_endpoint is None:
        return TracerProvider(sampler=ALWAYS_OFF, resource=resource, shutdown_on_exit=False)
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    collector = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint}/v1/traces", timeout=EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(Discreet(collector)))
    return provider


@contextmanager
def traced(provider: TracerProvider) -> Iterator[None]:
    """Trace this process's SQL, and hand over what is left at the end.

    SQL is traced at the driver and nowhere else: one statement, one span.
    """
    set_global_textmap(PROPAGATOR)
    _SQL.instrument(tracer_provider=provider)
    try:
        yield
    finally:
        _SQL.uninstrument()
        provider.shutdown()


def request_tracing(provider: TracerProvider) -> "TelemetryConfig":
    """For `FastAPI(telemetry=…)`. Its logs would hold what exceptions say, and its metrics go elsewhere."""
    return {
        "tracer_provider": provider,
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
        "exclude": lambda scope: scope["path"] in PROBES,
    }


def trace_calls(http: httpx.AsyncClient, provider: TracerProvider) -> None:
    """Providers are told the trace (`traceparent`), so that their support can be asked about one call."""
    HTTPXClientInstrumentor.instrument_client(http, tracer_provider=provider)


class Discreet(SpanExporter):
    """Hands spans on without what could be personal: unknown attributes, and the texts of exceptions, in which a
    database driver quotes the row it refused."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([discreet(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def discreet(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in TOLD},
        events=[_discreet_event(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _discreet_event(event: Event) -> Event:
    told = {name: value for name, value in (event.attributes or {}).items() if name in TOLD}
    return Event(event.name, told, event.timestamp)
