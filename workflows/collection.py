"""A direct debit on its way: sent, asked about, and whatever the rail says of it handed to the books.

As with a payout, a time-out is unknown, and is resolved by asking with the same key. It goes on beside everything else
that happens to the loan, and the books decide what a word is worth, whichever way and however late it comes.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.providers import DebitOrder, Providers
    from domain.evidence import DebitOutcome, DebitResult

from workflows.options import DEBIT_DEADLINE, debit_patience, payment_call

_FINAL = (DebitOutcome.SETTLED, DebitOutcome.FAILED, DebitOutcome.RETURNED)


class Collection:
    """`is_open` asks the books' latest word whether a key's debit is under way; `report_overdue` gives it to a person;
    `book` writes down what the rail said."""

    def __init__(
        self,
        is_open: Callable[[str], bool],
        report_overdue: Callable[[DebitOrder], Awaitable[None]],
        book: Callable[[DebitResult], Awaitable[None]],
    ) -> None:
        self._is_open = is_open
        self._report_overdue = report_overdue
        self._book = book

    async def follow(self, order: DebitOrder, since: datetime) -> None:
        """Until it has ended in the books. `since`: when it was instructed, perhaps in an earlier run."""
        asked, reported = 0, False
        result = await self._send(order)
        while True:
            if result.outcome in _FINAL:
                await self._book(result)
            if await self._has_ended(order, asked):
                return
            result = await self._ask(order)
            if result.outcome is DebitOutcome.UNKNOWN:
                result = await self._send(order)
            asked += 1
            if not reported and workflow.now() - since > DEBIT_DEADLINE:
                reported = True
                await self._report_overdue(order)

    async def _has_ended(self, order: DebitOrder, asked: int) -> bool:
        try:
            await workflow.wait_condition(
                lambda: not self._is_open(order.key),
                timeout=debit_patience(asked),
                timeout_summary="Direct debit: ask the rail when it stays silent",
            )
        except TimeoutError:
            return False
        return True

    async def _send(self, order: DebitOrder) -> DebitResult:
        return await self._answer(Providers.send_debit, order, f"Draw {order.amount}")

    async def _ask(self, order: DebitOrder) -> DebitResult:
        return await self._answer(Providers.debit_status, order, "What became of the direct debit?")

    async def _answer(
        self, call: Callable[..., Awaitable[DebitResult]], order: DebitOrder, summary: str
    ) -> DebitResult:
        try:
            return await workflow.execute_activity_method(call, order, **payment_call(summary))
        except ActivityError:
            return DebitResult(outcome=DebitOutcome.PENDING, key=order.key, reason="no_answer")
