"""Traces through Temporal: a message's trace goes on in its handler and in the activities that the handler starts.

The SDK's own interceptor puts every message's work into the trace that started the workflow, which for a loan lasts
thirty years. Here a trace is as long as one piece of work: a message goes on in its sender's; what `run` does goes
on in the application's for a while; a milestone that passes later is a trace of its own, found by the workflow's id.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, cast

from opentelemetry import context as otel
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, set_span_in_context
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.converter import PayloadConverter
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from infrastructure.telemetry.tracing import PROPAGATOR

TRACE_PATIENCE: Final = timedelta(hours=1)  # on the loan's clock; what a workflow starts later is a trace of its own

Headers = Mapping[str, Payload]
Carrier = dict[str, str]
Attributes = dict[str, str]

_HEADER: Final = "_tracer-data"  # the SDK's, which its half of the interceptor writes and reads
_SINCE: Final = otel.create_key("tenor-since")
_EXTERN: Final = "__tenor_span"


class LoanTracing(TracingInterceptor):
    """The SDK's interceptor for clients and activities, ours for workflows."""

    def __init__(self, provider: TracerProvider) -> None:
        super().__init__(provider.get_tracer("tenor.temporal"))
        self.text_map_propagator = PROPAGATOR

    def workflow_interceptor_class(  # type: ignore[override]  # the SDK names its own class, but asks for any
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002  the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        input.unsafe_extern_functions[_EXTERN] = self._moment
        return _TracedWorkflow

    def _moment(self, name: str, parent: Carrier, attributes: Attributes) -> Carrier:
        """A span without length: a longer one would be lost with the worker that holds the workflow.

        Runs outside the sandbox, so its time is the machine's: a loan's own clock may be years ahead.
        """
        context = PROPAGATOR.extract(parent, Context())
        span = self.tracer.start_span(name, context, kind=SpanKind.SERVER, attributes=attributes)
        span.end()
        return _carrier(set_span_in_context(span, context))


class _TracedWorkflow(WorkflowInboundInterceptor):
    """`run` and each handler have a task, and with it a context, of their own."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_TracedOutbound(outbound))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002
        _go_on_in_trace(f"RunWorkflow:{workflow.info().workflow_type}", input.headers)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002
        _go_on_in_trace(f"HandleSignal:{input.signal}", input.headers)
        await super().handle_signal(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002
        _go_on_in_trace(f"HandleUpdate:{input.update}", input.headers)
        return await super().handle_update_handler(input)


class _TracedOutbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        input.headers = _with_trace(input.headers)
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        input.headers = _with_trace(input.headers)
        return super().start_local_activity(input)


def _go_on_in_trace(name: str, headers: Headers) -> None:
    """What this task does from here on belongs to the trace that came with `headers`, or to none."""
    carrier = _read(headers)
    if carrier and not workflow.unsafe.is_replaying():
        info = workflow.info()
        attributes = {"temporalWorkflowID": info.workflow_id, "temporalRunID": info.run_id}
        moment = cast("Callable[[str, Carrier, Attributes], Carrier]", workflow.extern_functions()[_EXTERN])
        carrier = moment(name, carrier, attributes)
    otel.attach(otel.set_value(_SINCE, workflow.now(), PROPAGATOR.extract(carrier, Context())))


def _with_trace(headers: Headers) -> Headers:
    since = otel.get_value(_SINCE)
    carrier = _carrier(otel.get_current())
    if not carrier or not isinstance(since, datetime) or workflow.now() - since > TRACE_PATIENCE:
        return headers
    return {**headers, _HEADER: PayloadConverter.default.to_payloads([carrier])[0]}


def _read(headers: Headers) -> Carrier:
    if _HEADER not in headers:
        return {}
    carrier: Carrier = PayloadConverter.default.from_payloads([headers[_HEADER]], [dict[str, str]])[0]
    return carrier


def _carrier(context: Context) -> Carrier:
    carrier: Carrier = {}
    PROPAGATOR.inject(carrier, context)
    return carrier
