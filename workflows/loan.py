"""LoanWorkflow: the life of one loan. It waits; activities do."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.origination import Origination
    from activities.providers import DebitOrder, Enquiry, PayoutOrder
    from activities.servicing import Servicing
    from domain.commands import Cancel, PassMilestones, RecordRecheck, Underwrite
    from domain.evidence import verification_key
    from domain.people import ENGINE
    from domain.status import LoanStatus

from workflows import signboard
from workflows.conversation import Conversation
from workflows.options import FIRST_MESSAGE_PATIENCE, MOST_EVENTS
from workflows.writing import LoanStart, to_its_end

__all__ = ["Closure", "LoanStart", "LoanWorkflow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """How a loan ended. `status` None: its application was refused and never recorded; `reason` says why."""

    loan_id: str
    status: LoanStatus | None = None
    reason: str | None = None


@workflow.defn(name="Loan")
class LoanWorkflow(Conversation):
    @workflow.init
    def __init__(self, start: LoanStart) -> None:
        super().__init__(start)
        self._collecting: asyncio.Task[None] | None = None
        if start.standing is not None:
            workflow.set_current_details(signboard.details(start.standing))

    @workflow.run
    async def run(self, start: LoanStart) -> Closure:
        while self._has_something_to_live_for() or not workflow.all_handlers_finished():
            try:
                await self._live()
                await workflow.wait_condition(workflow.all_handlers_finished)
            except asyncio.CancelledError:
                await self._give_up()
        if self._standing is None:
            return Closure(loan_id=self._loan_id, status=None, reason=self._refusal)
        return Closure(loan_id=self._loan_id, status=self._standing.status, reason=self._standing.closure)

    def _has_something_to_live_for(self) -> bool:
        """A message that comes in the last moment can open a loan again."""
        if self._standing is None:
            return self._refusal is None
        return self._lives()

    async def _first_message(self) -> None:
        """A run begins with the message that started it. One whose message was lost on the way ends after a while."""
        try:
            await workflow.wait_condition(
                lambda: self._standing is not None or self._refusal is not None,
                timeout=None if self._addressed else FIRST_MESSAGE_PATIENCE,
                timeout_summary="Nobody has spoken to this loan yet",
            )
        except TimeoutError:
            if self._addressed:
                await self._first_message()  # it came, and is being written
            else:
                self._refusal = "nothing was asked"

    # --- the life of a loan ------------------------------------------------------------------------------------

    async def _live(self) -> None:
        await self._first_message()
        if self._standing is None:
            return
        await self._verify()
        await self._await_officers()
        await self._wait_while(LoanStatus.OFFERED)
        await self._disburse()
        await self._wait_while(LoanStatus.ACTIVE)
        await self._wait_while(LoanStatus.CHARGED_OFF)
        await self._wait_while(LoanStatus.CLOSED)

    async def _verify(self) -> None:
        if not self._is(LoanStatus.VERIFYING):
            return
        enquiry = self._enquiry()
        gathering = asyncio.create_task(self._verification.gather(enquiry, asks_both=self._stands.asks_both))
        try:
            await workflow.wait_condition(lambda: gathering.done() or not self._is(LoanStatus.VERIFYING))
        finally:
            gathering.cancel()
        if self._is(LoanStatus.VERIFYING):
            await self._proceed(
                Origination.underwrite,
                Underwrite(
                    operation_id=f"{self._loan_id}/underwriting",
                    loan_id=self._loan_id,
                    actor=ENGINE,
                    customer_id=enquiry.customer_id,
                    currency=enquiry.currency,
                    identity=gathering.result(),
                    report_key=enquiry.key,
                ),
            )
            for word in self._verification.unread(enquiry.key):
                if self._is_news(word) and workflow.patched("unread-word-on-identity"):
                    await to_its_end(self._note_late_word(word))

    async def _await_officers(self) -> None:
        """What an officer has the identity provider asked again goes on beside their deciding."""
        rechecking = asyncio.create_task(self._recheck_when_ordered())
        deciding = asyncio.create_task(self._wait_while(LoanStatus.REFERRED))
        try:
            await workflow.wait_condition(lambda: deciding.done() or rechecking.done())
            if rechecking.done():
                rechecking.result()  # raises what went wrong
            await deciding
        finally:
            rechecking.cancel()
            deciding.cancel()

    async def _recheck_when_ordered(self) -> None:
        while self._is(LoanStatus.REFERRED):
            await workflow.wait_condition(lambda: self._stands.recheck_key is not None)
            enquiry = replace(self._enquiry(), key=str(self._stands.recheck_key), identity_valid_days=0)
            result = await self._verification.identity(enquiry)
            await self._proceed(
                Origination.record_recheck,
                RecordRecheck(
                    operation_id=f"{enquiry.key}/recheck",
                    loan_id=self._loan_id,
                    actor=ENGINE,
                    key=enquiry.key,
                    result=result,
                ),
            )

    async def _disburse(self) -> None:
        while self._is(LoanStatus.DISBURSING, LoanStatus.ACCEPTED):
            if self._is(LoanStatus.DISBURSING):
                await self._follow_payout()
            await self._wait_while(LoanStatus.ACCEPTED)

    async def _follow_payout(self) -> None:
        order = self._payout_order()
        await to_its_end(self._disbursement.follow(order))
        if self._stands.payout_key == order.key:
            raise RuntimeError(f"how payout {order.key} ended was written, and changed nothing")

    async def _wait_while(self, status: LoanStatus) -> None:
        """Let messages move the loan on; when none does, let its milestones pass. What was closed while a debit is on
        its way waits for the debit."""
        while self._is(status) and self._lives():
            with self._installment().scope():
                self._follow_debit()
                await self._message_or_milestone(status)
            if self._is(status) and self._lives() and self._may_begin_anew():
                await workflow.wait_condition(lambda: workflow.all_handlers_finished() and not self._writing.locked())
                workflow.continue_as_new(LoanStart(loan_id=self._loan_id, standing=self._standing))

    async def _message_or_milestone(self, status: LoanStatus) -> None:
        """A message that moves the milestone to a later day leaves the timer alone: it fires early, for nothing, and
        costs no more than a new one would."""
        armed_for = self._stands.wake_at
        try:
            await workflow.wait_condition(
                lambda: (
                    not self._is(status)
                    or not self._lives()
                    or self._wakes_before(armed_for)
                    or self._may_begin_anew()
                    or self._has_debit_to_follow()
                ),
                timeout=armed_for - workflow.now() if armed_for else None,
                timeout_summary=self._stands.waits_for,
            )
        except TimeoutError:
            await self._pass_milestones()

    async def _pass_milestones(self) -> None:
        wake_at = self._stands.wake_at
        if wake_at is not None and wake_at <= workflow.now():
            await self._proceed(
                Servicing.pass_milestones,
                PassMilestones(
                    operation_id=f"{self._loan_id}/milestones/{wake_at.isoformat()}",
                    loan_id=self._loan_id,
                    actor=ENGINE,
                ),
            )

    async def _give_up(self) -> None:
        """The workflow was cancelled from outside. The domain says whether the loan can still be given up; a loan whose
        money is out lives on, with the refusal in its audit trail."""
        if not self._addressed:
            self._refusal = "cancelled before anything was asked"
            return
        command = Cancel(
            operation_id=f"{self._loan_id}/cancel/{workflow.info().run_id}/{workflow.info().get_current_history_length()}",
            loan_id=self._loan_id,
            actor=ENGINE,
            reason="the workflow was cancelled",
        )
        try:
            await self._write(Origination.cancel, command)
        except ApplicationError as refusal:
            workflow.logger.warning("The loan cannot be cancelled: %s", refusal)

    def _follow_debit(self) -> None:
        """Beside all else that happens: nothing waits for a debit."""
        if self._collecting is not None and self._collecting.done():
            self._collecting.result()  # raises what went wrong
        if self._has_debit_to_follow():
            since = self._stands.debit_since or workflow.now()
            self._collecting = asyncio.create_task(self._collection.follow(self._debit_order(), since))

    # --- what the above is made of -----------------------------------------------------------------------------

    def _wakes_before(self, armed_for: datetime | None) -> bool:
        wake_at = self._stands.wake_at
        return wake_at is not None and (armed_for is None or wake_at < armed_for)

    def _lives(self) -> bool:
        """Something can happen to the loan, or its money is on the way."""
        return not self._stands.status.final or self._stands.debit_key is not None

    def _has_debit_to_follow(self) -> bool:
        followed = self._collecting is not None and not self._collecting.done()
        return self._stands.debit_key is not None and not followed

    def _debit_order(self) -> DebitOrder:
        standing = self._stands
        assert standing.debit_key and standing.debit_mandate and standing.debit_amount  # noqa: S101, PT018  it draws
        return DebitOrder(
            key=standing.debit_key,
            loan_id=self._loan_id,
            customer_id=standing.customer_id,
            mandate=standing.debit_mandate,
            amount=standing.debit_amount,
        )

    def _enquiry(self) -> Enquiry:
        standing = self._stands
        return Enquiry(
            key=verification_key(self._loan_id),
            loan_id=self._loan_id,
            customer_id=standing.customer_id,
            currency=standing.currency,
            asked_at=workflow.now(),
            report_valid_days=standing.report_valid_days,
            identity_valid_days=standing.identity_valid_days,
        )

    def _payout_order(self) -> PayoutOrder:
        standing = self._stands
        assert standing.payout_key is not None and standing.payout_amount is not None  # noqa: S101, PT018  it disburses
        return PayoutOrder(
            key=standing.payout_key,
            loan_id=self._loan_id,
            customer_id=standing.customer_id,
            amount=standing.payout_amount,
        )

    def _may_begin_anew(self) -> bool:
        """While providers are asked and money is on its way, a run keeps what it has heard of them."""
        return _history_is_long() and not self._is(LoanStatus.VERIFYING, LoanStatus.DISBURSING)


def _history_is_long() -> bool:
    return workflow.info().get_current_history_length() > MOST_EVENTS or workflow.info().is_continue_as_new_suggested()
