"""Metrics of the worker, on one port: what Temporal's SDK measures, what the lender's books say, what was refused.

What a lender counts is read from the books when it is asked for. Nothing can be lost with a process or counted twice by
a retry or a replay, and it is right from the first scrape. Several workers say the same: take the `max`, not the `sum`.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from prometheus_client import REGISTRY, CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ports import BooksUnavailable
from domain.status import LoanStatus
from domain.transaction import TransactionKind
from infrastructure.postgres.turnover import Turnover, turnover
from infrastructure.postgres.views import Views
from infrastructure.settings import Settings

log = structlog.stdlib.get_logger(__name__)

Count = Callable[[], Coroutine[Any, Any, list[Metric]]]  # raises BooksUnavailable

_SECONDS: Final = 8  # that a scrape waits for the books; Prometheus itself gives up after 10
_REST: Final = 20  # times as long as counting took

# How an application ends without a loan; in any other status, but these that are under way, its money is out.
_ENDS: Final = (LoanStatus.DECLINED, LoanStatus.WITHDRAWN, LoanStatus.EXPIRED, LoanStatus.CANCELLED)
_UNDER_WAY: Final = frozenset(
    {LoanStatus.VERIFYING, LoanStatus.REFERRED, LoanStatus.OFFERED, LoanStatus.ACCEPTED, LoanStatus.DISBURSING}
)
_PAYOUTS: Final = {
    TransactionKind.PAYOUT_INSTRUCTED: "instructed",
    TransactionKind.PAYOUT_FAILED: "failed",
    TransactionKind.DISBURSEMENT: "settled",
}
_DEBITS: Final = {TransactionKind.DEBIT_INSTRUCTED: "instructed", TransactionKind.DEBIT_FAILED: "failed"}
_PAYMENTS: Final = frozenset({TransactionKind.PAYMENT, TransactionKind.PAYOFF, TransactionKind.RECOVERY})


class LenderMetrics(Collector):
    """Reads the books on the event loop that owns their connections, while Prometheus waits in a thread of its own.

    Counting costs more the more there is. What was counted is told again until twenty times as long has passed as the
    counting took, so that it never takes more than a twentieth of the time.
    """

    def __init__(self, count: Count, loop: asyncio.AbstractEventLoop) -> None:
        self._count_now, self._loop = count, loop
        self._counting = Lock()
        self._counted: list[Metric] = []
        self._good_until = 0.0

    def collect(self) -> Iterator[Metric]:
        with self._counting:
            if time.monotonic() >= self._good_until:
                self._count()
            yield from self._counted

    def _count(self) -> None:
        started = time.monotonic()
        try:
            self._counted = asyncio.run_coroutine_threadsafe(self._count_now(), self._loop).result(_SECONDS)
        except (BooksUnavailable, TimeoutError):
            self._counted = [GaugeMetricFamily("tenor_books_available", _AVAILABLE, value=0)]
        ended = time.monotonic()
        self._good_until = ended + _REST * (ended - started)


async def lender_metrics(engine: AsyncEngine) -> list[Metric]:
    """Raises BooksUnavailable."""
    views = Views(engine)
    with suppress_instrumentation():  # a scrape is nobody's trace
        by_status, booked = await views.loans_by_status(), await turnover(engine)
        overdue = await views.overdue_loans()
    return [
        GaugeMetricFamily("tenor_books_available", _AVAILABLE, value=1),
        _loans(by_status),
        GaugeMetricFamily("tenor_overdue_loans", "Active loans with something past due", value=overdue),
        _applications(by_status),
        _outcomes("tenor_payouts", "Payouts by outcome", _PAYOUTS, booked),
        _outcomes("tenor_debits", "Direct debits by outcome; those that settle are payments", _DEBITS, booked),
        *_payments(booked),
    ]


_AVAILABLE: Final = "Whether the books could be read for this scrape"


def _loans(by_status: Mapping[LoanStatus, int]) -> Metric:
    family = GaugeMetricFamily("tenor_loans", "Loans by status", labels=["status"])
    for status in LoanStatus:
        family.add_metric([status], by_status.get(status, 0))
    return family


def _applications(by_status: Mapping[LoanStatus, int]) -> Metric:
    family = CounterMetricFamily("tenor_applications", "Applications that came to an outcome", labels=["outcome"])
    for status in _ENDS:
        family.add_metric([status], by_status.get(status, 0))
    family.add_metric(["disbursed"], sum(by_status.get(s, 0) for s in LoanStatus if s not in _UNDER_WAY.union(_ENDS)))
    return family


def _outcomes(name: str, told: str, kinds: Mapping[TransactionKind, str], booked: Sequence[Turnover]) -> Metric:
    family = CounterMetricFamily(name, told, labels=["outcome"])
    for kind, outcome in kinds.items():
        family.add_metric([outcome], sum(row.count for row in booked if row.kind is kind))
    return family


def _payments(booked: Sequence[Turnover]) -> tuple[Metric, Metric]:
    labels = ["kind", "currency"]
    count = CounterMetricFamily("tenor_payments", "Payments received", labels=labels)
    amount = CounterMetricFamily("tenor_payments_minor_units", "Amount of payments received", labels=labels)
    for row in booked:
        if row.kind in _PAYMENTS:
            count.add_metric([row.kind, row.currency], row.count)
            amount.add_metric([row.kind, row.currency], row.amount)
    return count, amount


@contextmanager
def serving_metrics(settings: Settings, *collectors: Collector) -> Iterator[None]:
    """Answer Prometheus at /metrics of `metrics_port`; 0 means not at all.

    A worker without metrics is better than loans without a worker, so a port in use is an error in the log and no more.
    """
    registry = CollectorRegistry()
    for collector in (REGISTRY, *collectors):
        registry.register(collector)
    if settings.metrics_port == 0:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError as error:
        log.error("metrics are not served", port=settings.metrics_port, reason=error.strerror)
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
