"""What every activity tells an operator: log lines that name its loan, and a count of what was refused.

A refusal is final, so it is counted once, however often its workflow is replayed. An outage is retried, not counted.
"""

import time
from typing import Any

import structlog
from opentelemetry import trace
from prometheus_client import Counter
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

log = structlog.stdlib.get_logger(__name__)

REFUSALS = Counter("tenor_refusals", "Commands that the domain refused, by what was refused", ["type"])


class ActivityTelemetry(Interceptor):
    """Stands outside of whatever turns a refusal into an ApplicationError."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  the SDK's name
        return _Observed(super().intercept_activity(next))


class _Observed(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  the SDK's name
        info, started = activity.info(), time.perf_counter()
        loan_id = getattr(input.args[0], "loan_id", None) if input.args else None
        about = {"loan_id": loan_id} if loan_id else {}
        span = trace.get_current_span()
        span.set_attributes({f"tenor.{name}": value for name, value in about.items()})
        with structlog.contextvars.bound_contextvars(**about, activity_type=info.activity_type, attempt=info.attempt):
            try:
                result = await super().execute_activity(input)
            except ApplicationError as refusal:
                if refusal.non_retryable:
                    span.set_attribute("tenor.refusal", str(refusal.type))
                    REFUSALS.labels(refusal.type).inc()
                    log.info("refused", refusal=refusal.type)
                raise
            log.info("done", milliseconds=round((time.perf_counter() - started) * 1000, 1))
            return result
