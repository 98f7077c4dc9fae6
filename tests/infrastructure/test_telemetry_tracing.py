"""Nothing is recorded where nobody collects, and what is handed over holds nothing personal."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, format_trace_id

from infrastructure.settings import Settings
from infrastructure.telemetry.tracing import Discreet, trace_calls, traced, tracer_provider

SECRET = "ada.lovelace@example.com"


def settings_with(otlp_endpoint: str | None) -> Settings:
    told = {"environment": "development", "database_url": "postgresql://a@b/c", "otlp_endpoint": otlp_endpoint}
    return Settings.model_validate(told)


def test_without_a_collector_spans_have_ids_and_are_not_recorded() -> None:
    span = tracer_provider(settings_with(None), "test").get_tracer("test").start_span("work")
    assert span.get_span_context().is_valid
    assert not span.is_recording()


def test_spans_go_to_the_collector_that_the_settings_name() -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    provider = tracer_provider(settings_with(f"http://127.0.0.1:{server.server_port}"), "worker")
    with traced(provider):
        provider.get_tracer("test").start_span("Book payment", attributes={"enduser.email": SECRET}).end()
    server.shutdown()
    server.server_close()
    ((path, body),) = received
    assert path == "/v1/traces"
    assert b"Book payment" in body
    assert b"tenor-worker" in body
    assert SECRET.encode() not in body


def test_attributes_nobody_knows_and_texts_of_exceptions_stay_here() -> None:
    provider, spans = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(Discreet(spans)))
    tracer = provider.get_tracer("test")
    try:
        with tracer.start_as_current_span("work", attributes={"http.url": f"/?email={SECRET}", "http.route": "/"}):
            raise ValueError(f"Key (email)=({SECRET}) already exists")
    except ValueError:
        pass
    (span,) = spans.get_finished_spans()
    assert SECRET not in span.to_json()
    assert dict(span.attributes or {}) == {"http.route": "/"}
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.events[0].attributes or {}) == {"exception.type": "ValueError"}


async def test_providers_are_told_the_trace_and_no_baggage() -> None:
    provider, heard = TracerProvider(shutdown_on_exit=False), httpx.Headers()

    def answer(request: httpx.Request) -> httpx.Response:
        heard.update(request.headers)
        return httpx.Response(200)

    with traced(provider):
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            trace_calls(http, provider)
            with provider.get_tracer("test").start_as_current_span("work") as span:
                await http.get("http://provider/")
    assert format_trace_id(span.get_span_context().trace_id) in heard["traceparent"]
    assert "baggage" not in heard
    assert trace.get_current_span() is trace.INVALID_SPAN
