"""Logs: one JSON object per line, from our code and from every library, with the trace and the loan they belong to.

Whoever logs names ids, codes and amounts. What others might say is cut: the texts of foreign exceptions, and headers of
requests that nobody asked for.
"""

import logging
import sys
import textwrap
import traceback
from typing import Any, Final, TextIO

import structlog
from opentelemetry import trace
from structlog.types import EventDict, ExcInfo, Processor, WrappedLogger

from infrastructure.settings import LogSettings

WORKFLOW_PREFIX: Final = "loan-"  # of `workflows.options.workflow_id`, which this side of the house can't import

# The packages whose exceptions hold no personal data in their texts. Others may quote what they choked on.
SPEAK_FREELY: Final = ("domain.", "activities.", "workflows.", "infrastructure.", "api.", "temporalio.")

# Chatty at INFO without telling an operator anything. httpx logs whole addresses.
_QUIET: Final = ("httpx", "httpcore", "temporalio.contrib", "opentelemetry.instrumentation")


def configure_logging(settings: LogSettings, stream: TextIO = sys.stdout) -> None:
    """Route all logging of this process, structlog's and the standard library's, through one formatter."""
    shared = _shared_processors()
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(settings.log_json)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    _take_over()


def _take_over() -> None:
    """Libraries that bring handlers or habits of their own lose them. Uvicorn's line for each request quotes the whole
    address; ours does not."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = name != "uvicorn.access"
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(allow=("temporal_workflow", "temporal_activity")),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_the_loan,
        _name_the_trace,
        structlog.processors.ExceptionRenderer(_traceback),
    ]


def _rendering(as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]


def _name_the_loan(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Temporal's own words on where a line was logged, flattened into ours."""
    where: dict[str, Any] = event.pop("temporal_workflow", None) or event.pop("temporal_activity", None) or {}
    for name in ("workflow_id", "run_id", "activity_type", "attempt", "update_name"):
        if name in where:
            event.setdefault(name, where[name])
    workflow_id = event.get("workflow_id") or ""
    if workflow_id.startswith(WORKFLOW_PREFIX):
        event.setdefault("loan_id", workflow_id.removeprefix(WORKFLOW_PREFIX))
    return event


def _name_the_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A trace that was bound stands where no span is open any more: after a request failed, for one."""
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = trace.format_trace_id(span.trace_id)
        event["span_id"] = trace.format_span_id(span.span_id)
    return event


def _traceback(exc_info: ExcInfo) -> str:
    """Where it happened, the first cause first."""
    return "\n\ncaused\n\n".join(reversed([_told(error) for error in _chain(exc_info[1])]))


def _chain(error: BaseException | None) -> list[BaseException]:
    """`error` and what caused it, each once."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _told(error: BaseException) -> str:
    told = "".join([*traceback.format_tb(error.__traceback__), discreet_text(error)])
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return "\n".join([told, *(textwrap.indent(_traceback((type(each), each, None)), "  | ") for each in inner)])


def discreet_text(error: BaseException) -> str:
    """`error` as a log may show it: its class, a code, and its text where that holds no personal data."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if getattr(error, "non_retryable", None) is False:
        return f"{name} ({getattr(error, 'type', None)})"  # a fault as Temporal carried it; only refusals are final
    if name.startswith(SPEAK_FREELY):
        return f"{name}: {error}"
    code = getattr(error, "sqlstate", None)
    return f"{name} (SQLSTATE {code})" if code else name
