"""The payout saga: instructed in the books first, then sent; what the rail says in the end is booked, or undone.

A time-out is not a failure: it is unknown, and is resolved by asking with the same key, never by sending under another.
The first final word on a payout stands. What contradicts it later is told to the books, which keep it for a person.
"""

from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.providers import PayoutOrder, Providers
    from domain.evidence import PayoutOutcome, PayoutResult
    from domain.people import OPERATIONS

from workflows.options import ASSIGNED_TO, PAYOUT_DEADLINE, payment_call, payout_patience

_FINAL = (PayoutOutcome.SETTLED, PayoutOutcome.FAILED)


class Disbursement:
    """`report_overdue` gives a payout to a person; `book` writes down how one has ended."""

    def __init__(
        self, report_overdue: Callable[[PayoutOrder], Awaitable[None]], book: Callable[[PayoutResult], Awaitable[None]]
    ) -> None:
        self._report_overdue = report_overdue
        self._book = book
        self._heard: dict[str, PayoutResult] = {}  # the first final word by webhook, by key
        self._stands: dict[str, PayoutOutcome] = {}  # what this run took for the outcome, by key
        self._following: str | None = None

    def hear(self, result: PayoutResult) -> None:
        """The rail's webhook came. The first final word on a key stands."""
        if result.outcome in _FINAL:
            self._heard.setdefault(result.key, result)

    def contradicts(self, result: PayoutResult) -> bool:
        """Whether it is another word than the one that stands. Of a payout that this run did not follow, it may be: the
        books know."""
        if result.outcome not in _FINAL:
            return False
        if result.key == self._following and result.key not in self._stands:
            return result.outcome is not self._heard[result.key].outcome
        return result.outcome is not self._stands.get(result.key)

    def is_booked(self, key: str) -> bool:
        return key != self._following

    async def follow(self, order: PayoutOrder) -> None:
        """Send the payout, and book how it ends."""
        self._following = order.key
        answered = await self._outcome(order)
        first = self._heard.get(order.key, answered)  # it may have come while the rail was asked
        self._stands[order.key] = first.outcome
        await self._book(first)
        if answered.outcome is not first.outcome and workflow.patched("contradiction-is-booked"):
            await self._book(answered)
        self._following = None

    async def _outcome(self, order: PayoutOrder) -> PayoutResult:
        """Follow it until it is settled or failed, however long that takes."""
        instructed_at, asked, reported = workflow.now(), 0, False
        result = await self._send(order)
        while result.outcome not in _FINAL:
            result = await self._hear_or_ask(order, asked)
            if result.outcome is PayoutOutcome.UNKNOWN:
                result = await self._send(order)
            asked += 1
            if not reported and workflow.now() - instructed_at > PAYOUT_DEADLINE:
                reported = True
                await self._tell_a_person(order)
        return result

    async def _hear_or_ask(self, order: PayoutOrder, asked: int) -> PayoutResult:
        try:
            await workflow.wait_condition(
                lambda: order.key in self._heard,
                timeout=payout_patience(asked),
                timeout_summary="Payout: ask the rail when it stays silent",
            )
        except TimeoutError:
            return await self._ask(order)
        return self._heard[order.key]

    async def _send(self, order: PayoutOrder) -> PayoutResult:
        return await self._answer(Providers.send_payout, order, f"Pay out {order.amount}")

    async def _ask(self, order: PayoutOrder) -> PayoutResult:
        return await self._answer(Providers.payout_status, order, "What became of the payout?")

    async def _answer(
        self, call: Callable[..., Awaitable[PayoutResult]], order: PayoutOrder, summary: str
    ) -> PayoutResult:
        try:
            return await workflow.execute_activity_method(call, order, **payment_call(summary))
        except ActivityError:
            return PayoutResult(outcome=PayoutOutcome.PENDING, key=order.key, reason="no_answer")

    async def _tell_a_person(self, order: PayoutOrder) -> None:
        if workflow.patched("payout-overdue-is-booked"):
            await self._report_overdue(order)
        elif workflow.info().typed_search_attributes.get(ASSIGNED_TO) is None:
            workflow.upsert_search_attributes([ASSIGNED_TO.value_set(OPERATIONS)])
