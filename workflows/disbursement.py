"""The payout saga: instructed in the books first, then sent; what the rail says in the end is booked, or undone.

A time-out is not a failure: it is unknown, and is resolved by asking with the same key, never by sending under another.
"""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.providers import PayoutOrder, Providers
    from domain.evidence import PayoutOutcome, PayoutResult
    from workflows.options import ASSIGNED_TO, PAYOUT_DEADLINE, PAYOUT_PATIENCE, payout_call

_FINAL = (PayoutOutcome.SETTLED, PayoutOutcome.FAILED)


class Disbursement:
    def __init__(self) -> None:
        self._heard: dict[str, PayoutResult] = {}

    def hear(self, result: PayoutResult) -> None:
        """The rail's webhook came. The first final word on a key stands."""
        if result.outcome in _FINAL:
            self._heard.setdefault(result.key, result)

    async def outcome(self, order: PayoutOrder) -> PayoutResult:
        """Send the payout and follow it until it is settled or failed, however long that takes."""
        instructed_at = workflow.now()
        result = await self._send(order)
        while result.outcome not in _FINAL:
            result = await self._hear_or_ask(order)
            if result.outcome is PayoutOutcome.UNKNOWN:
                result = await self._send(order)
            self._tell_a_person_when_late(instructed_at)
        self._heard.pop(order.key, None)
        return result

    async def _hear_or_ask(self, order: PayoutOrder) -> PayoutResult:
        try:
            await workflow.wait_condition(
                lambda: order.key in self._heard,
                timeout=PAYOUT_PATIENCE,
                timeout_summary="Payout: ask the rail when it stays silent",
            )
        except TimeoutError:
            return await self._ask(order)
        return self._heard[order.key]

    async def _send(self, order: PayoutOrder) -> PayoutResult:
        try:
            return await workflow.execute_activity_method(
                Providers.send_payout, order, **payout_call(f"Pay out {order.amount}")
            )
        except ActivityError:
            return PayoutResult(outcome=PayoutOutcome.PENDING, key=order.key, reason="no_answer")

    async def _ask(self, order: PayoutOrder) -> PayoutResult:
        try:
            return await workflow.execute_activity_method(
                Providers.payout_status, order, **payout_call("What became of the payout?")
            )
        except ActivityError:
            return PayoutResult(outcome=PayoutOutcome.PENDING, key=order.key, reason="no_answer")

    def _tell_a_person_when_late(self, instructed_at: datetime) -> None:
        late = workflow.now() - instructed_at > PAYOUT_DEADLINE
        if late and workflow.info().typed_search_attributes.get(ASSIGNED_TO) is None:
            workflow.upsert_search_attributes([ASSIGNED_TO.value_set("operations")])
