"""LoanWorkflow: the life of one loan. It waits; activities do."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.origination import Origination
    from activities.providers import Enquiry, PayoutOrder
    from activities.servicing import Servicing
    from domain.commands import (
        AcceptOffer,
        AddCharge,
        ApplyForLoan,
        Cancel,
        ChargeOff,
        Command,
        Decide,
        MakePayment,
        PassMilestones,
        RefundCredit,
        ReportPayoutOverdue,
        ResolvePayout,
        RetryPayout,
        ReverseTransaction,
        ReviewPayout,
        Underwrite,
        Waive,
        Withdraw,
    )
    from domain.evidence import IdentityResult, PayoutResult
    from domain.people import ENGINE
    from domain.status import LoanStatus
    from domain.views import Outcome, Standing
    from workflows import signboard
    from workflows.disbursement import Disbursement
    from workflows.options import BOOKKEEPING, FIRST_MESSAGE_PATIENCE, MOST_EVENTS
    from workflows.verification import Verification

Bookkeeping = Callable[..., Awaitable[Outcome]]  # an activity method (command, at) -> Outcome
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanStart:
    """`standing` is where the loan's earlier run left it; None for a new loan."""

    loan_id: str
    standing: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """How a loan ended. `status` None: its application was refused and never recorded; `reason` says why."""

    loan_id: str
    status: LoanStatus | None
    reason: str | None


@workflow.defn(name="Loan")
class LoanWorkflow:
    @workflow.init
    def __init__(self, start: LoanStart) -> None:
        self._loan_id = start.loan_id
        self._standing = start.standing
        self._application: ApplyForLoan | None = None
        self._addressed = start.standing is not None
        self._refusal: str | None = None
        self._writing = asyncio.Lock()
        self._verification = Verification()
        self._disbursement = Disbursement(self._report_overdue, self._book_payout)

    @workflow.run
    async def run(self, start: LoanStart) -> Closure:
        await self._first_message()
        while self._open():
            try:
                await self._live()
            except asyncio.CancelledError:
                await self._give_up()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._standing is None:
            return Closure(loan_id=self._loan_id, status=None, reason=self._refusal)
        return Closure(loan_id=self._loan_id, status=self._standing.status, reason=self._standing.closure)

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
        await self._verify()
        await self._wait_while(LoanStatus.REFERRED)
        await self._wait_while(LoanStatus.OFFERED)
        await self._disburse()
        await self._wait_while(LoanStatus.ACTIVE)
        await self._wait_while(LoanStatus.CHARGED_OFF)

    async def _verify(self) -> None:
        if not self._is(LoanStatus.VERIFYING):
            return
        enquiry = self._enquiry()
        gathering = asyncio.create_task(self._verification.gather(enquiry))
        try:
            await workflow.wait_condition(lambda: gathering.done() or not self._is(LoanStatus.VERIFYING))
        finally:
            gathering.cancel()
        if self._is(LoanStatus.VERIFYING):
            identity, report = gathering.result()
            await self._proceed(
                Origination.underwrite,
                Underwrite(
                    operation_id=f"{self._loan_id}/underwriting",
                    loan_id=self._loan_id,
                    actor=ENGINE,
                    customer_id=enquiry.customer_id,
                    identity=identity,
                    report=report,
                ),
            )

    async def _disburse(self) -> None:
        while self._is(LoanStatus.DISBURSING, LoanStatus.ACCEPTED):
            if self._is(LoanStatus.DISBURSING):
                await to_its_end(self._disbursement.follow(self._payout_order()))
            await self._wait_while(LoanStatus.ACCEPTED)

    async def _book_payout(self, result: PayoutResult) -> None:
        await self._proceed(Origination.resolve_payout, self._resolution(result))

    async def _report_overdue(self, order: PayoutOrder) -> None:
        await self._proceed(
            Origination.report_payout_overdue,
            ReportPayoutOverdue(
                operation_id=f"{order.key}/overdue", loan_id=self._loan_id, actor=ENGINE, key=order.key
            ),
        )

    async def _wait_while(self, status: LoanStatus) -> None:
        """Let messages move the loan on; when none does, let its milestones pass."""
        while self._is(status):
            with self._installment().scope():
                await self._message_or_milestone(status)
            if self._is(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF) and _history_is_long():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(LoanStart(loan_id=self._loan_id, standing=self._standing))

    async def _message_or_milestone(self, status: LoanStatus) -> None:
        """A message that moves the milestone to a later day leaves the timer alone: it fires early, for nothing, and
        costs no more than a new one would."""
        armed_for = self._stands.wake_at
        try:
            await workflow.wait_condition(
                lambda: not self._is(status) or self._wakes_before(armed_for) or _history_is_long(),
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

    # --- messages ----------------------------------------------------------------------------------------------

    @workflow.update
    async def submit(self, command: ApplyForLoan) -> Outcome:
        """Record the application. Refused, the workflow ends."""
        outcome = await self._first_or_next(Origination.record_application, command)
        self._application = command
        return outcome

    @workflow.update
    async def decide(self, command: Decide) -> Outcome:
        return await self._write(Origination.decide, command)

    @workflow.signal(name="decide")
    async def decide_by_signal(self, command: Decide) -> None:
        """For the CLI and the Web UI. A refusal is in the audit trail; nobody waits for it here."""
        try:
            await self._write(Origination.decide, command)
        except ApplicationError as refusal:
            workflow.logger.info("An officer's decision was refused: %s", refusal.type)

    @workflow.update
    async def accept(self, command: AcceptOffer) -> Outcome:
        return await self._write(Origination.accept, command)

    @workflow.update
    async def withdraw(self, command: Withdraw) -> Outcome:
        return await self._write(Origination.withdraw, command)

    @workflow.update
    async def retry_payout(self, command: RetryPayout) -> Outcome:
        return await self._write(Origination.retry_payout, command)

    @workflow.update
    async def cancel(self, command: Cancel) -> Outcome:
        return await self._write(Origination.cancel, command)

    @workflow.update
    async def make_payment(self, command: MakePayment) -> Outcome:
        with self._installment().scope():
            return await self._write(Servicing.make_payment, command)

    @workflow.update
    async def reverse(self, command: ReverseTransaction) -> Outcome:
        """Also the first message of a new run: a closed loan comes back to life when its last payment bounces."""
        return await self._first_or_next(Servicing.reverse, command)

    @workflow.update
    async def refund_credit(self, command: RefundCredit) -> Outcome:
        """Also of a closed loan."""
        return await self._first_or_next(Servicing.refund_credit, command)

    @workflow.update
    async def review_payout(self, command: ReviewPayout) -> Outcome:
        """Also of a cancelled loan, whose money went out all the same."""
        return await self._first_or_next(Origination.review_payout, command)

    @workflow.update
    async def charge(self, command: AddCharge) -> Outcome:
        return await self._write(Servicing.charge, command)

    @workflow.update
    async def waive(self, command: Waive) -> Outcome:
        return await self._write(Servicing.waive, command)

    @workflow.update
    async def charge_off(self, command: ChargeOff) -> Outcome:
        return await self._write(Servicing.charge_off, command)

    @accept.validator
    def _can_accept(self, command: AcceptOffer) -> None:
        self._require(command, LoanStatus.OFFERED)

    @withdraw.validator
    def _can_withdraw(self, command: Withdraw) -> None:
        self._require(command, LoanStatus.VERIFYING, LoanStatus.REFERRED, LoanStatus.OFFERED)

    @retry_payout.validator
    def _can_retry_payout(self, command: RetryPayout) -> None:
        self._require(command, LoanStatus.ACCEPTED)

    @make_payment.validator
    def _can_make_payment(self, command: MakePayment) -> None:
        self._require(command, LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)

    @charge.validator
    def _can_charge(self, command: AddCharge) -> None:
        self._require(command, LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)

    @waive.validator
    def _can_waive(self, command: Waive) -> None:
        self._require(command, LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)

    @charge_off.validator
    def _can_charge_off(self, command: ChargeOff) -> None:
        self._require(command, LoanStatus.ACTIVE)

    @workflow.signal
    def identity_result(self, result: IdentityResult) -> None:
        self._verification.hear(result)

    @workflow.signal
    async def payout_result(self, result: PayoutResult) -> None:
        """The first final word on a payout stands. What contradicts it is kept in the books, for a person.

        It may be the first message of a new run, when the loan was over."""
        self._disbursement.hear(result)
        if self._disbursement.contradicts(result) and workflow.patched("contradiction-is-booked"):
            await workflow.wait_condition(lambda: self._disbursement.is_booked(result.key))
            try:
                await self._first_or_next(Origination.resolve_payout, self._resolution(result))
            except ApplicationError as refusal:
                workflow.logger.warning("What the rail says now was refused: %s", refusal)

    @workflow.signal
    async def refresh(self) -> None:
        """The close of business changed the loan: look where it stands."""
        if self._standing is not None:
            await self._look_again()

    # --- what the above is made of -----------------------------------------------------------------------------

    async def _write(self, activity: Bookkeeping, command: Command) -> Outcome:
        """One transaction at a time. Raises ApplicationError, of the refusal's type, when the domain refuses."""
        async with self._writing:
            try:
                outcome = await workflow.execute_local_activity_method(
                    activity, args=[command, workflow.now()], **BOOKKEEPING
                )
            except ActivityError as failed:
                raise failed.cause or failed from None
            signboard.show(outcome.standing, self._standing)
            self._standing = outcome.standing
            return outcome

    async def _look_again(self) -> None:
        async with self._writing:
            standing = await workflow.execute_local_activity_method(Servicing.look, self._loan_id, **BOOKKEEPING)
            signboard.show(standing, self._standing)
            self._standing = standing

    async def _first_or_next(self, activity: Bookkeeping, command: Command) -> Outcome:
        """A message that may begin a run. If it is refused, the run has nothing to live for, and ends."""
        self._addressed = True
        try:
            return await self._write(activity, command)
        except ApplicationError as refusal:
            self._refusal = refusal.type
            raise

    async def _proceed(self, activity: Bookkeeping, command: Command) -> None:
        """The engine's own step. Refused, the books may be ahead of us: a message was carried out in a workflow task
        that failed. If they are not, the fault is ours: the task fails, loudly, and waits for the next deployment."""
        before = self._standing
        try:
            await to_its_end(self._write(activity, command))
        except ApplicationError as refusal:
            if self._standing is before:
                await self._look_again()
            if self._standing == before:
                raise RuntimeError(f"{type(command).__name__} was refused: {refusal}") from refusal

    @property
    def _stands(self) -> Standing:
        assert self._standing is not None  # noqa: S101  `run` waits for it before anything asks
        return self._standing

    @property
    def _applied(self) -> ApplyForLoan:
        assert self._application is not None  # noqa: S101  a run that continues as new is past its application
        return self._application

    def _open(self) -> bool:
        return self._standing is not None and not self._standing.status.final

    def _is(self, *statuses: LoanStatus) -> bool:
        return self._stands.status in statuses

    def _require(self, command: Command, *statuses: LoanStatus) -> None:
        """A validator's first look: what cannot be done now is refused without a trace in the history."""
        if self._standing is None or self._standing.status not in statuses:
            status = self._standing.status if self._standing else "not recorded yet"
            raise ApplicationError(f"the loan is {status}", type="NotAllowedNow", non_retryable=True)
        if command.loan_id != self._loan_id:
            raise ApplicationError("the command names another loan", type="UnknownLoan", non_retryable=True)

    def _wakes_before(self, armed_for: datetime | None) -> bool:
        wake_at = self._stands.wake_at
        return wake_at is not None and (armed_for is None or wake_at < armed_for)

    def _installment(self) -> workflow.EventGroup:
        number = self._stands.installment if self._standing else None
        label = f"Installment {number}" if number else "Origination"
        return workflow.create_event_group(label.lower().replace(" ", "-"), label=label)

    def _enquiry(self) -> Enquiry:
        application = self._applied
        return Enquiry(
            key=f"{self._loan_id}-verification",
            loan_id=self._loan_id,
            customer_id=application.customer_id,
            currency=application.amount.currency,
        )

    def _resolution(self, result: PayoutResult) -> ResolvePayout:
        operation_id = f"{result.key}/{result.outcome}"
        return ResolvePayout(operation_id=operation_id, loan_id=self._loan_id, actor=ENGINE, result=result)

    def _payout_order(self) -> PayoutOrder:
        standing = self._stands
        assert standing.payout_key is not None and standing.payout_amount is not None  # noqa: S101, PT018  it disburses
        return PayoutOrder(
            key=standing.payout_key,
            loan_id=self._loan_id,
            customer_id=self._applied.customer_id,
            amount=standing.payout_amount,
        )


def _history_is_long() -> bool:
    return workflow.info().get_current_history_length() > MOST_EVENTS or workflow.info().is_continue_as_new_suggested()


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What moves money, or writes of it, is followed to its end; only then does a cancellation go on."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
