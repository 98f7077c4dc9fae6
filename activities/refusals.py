"""Where a refusal becomes final: what the domain refuses, Temporal must not retry."""

from typing import Any

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.errors import DomainError, InvalidValue


class RefusalInterceptor(Interceptor):
    """Turns a `DomainError` into a failure that is not retried, named after what was refused."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  the SDK's name
        return _FinalRefusals(super().intercept_activity(next))


class _FinalRefusals(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  the SDK's name
        try:
            return await super().execute_activity(input)
        except DomainError as refusal:
            raise refused(refusal) from refusal


def refused(refusal: DomainError) -> ApplicationError:
    """`refusal` as it travels: its class name is the failure's type, a refused field goes in the details."""
    details = [{"field": refusal.field, "reason": refusal.reason}] if isinstance(refusal, InvalidValue) else []
    return ApplicationError(
        str(refusal),
        *details,
        type=type(refusal).__name__,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,  # nothing is broken: no alarm in logs, metrics and traces
    )
