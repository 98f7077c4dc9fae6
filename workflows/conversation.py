"""Conversation: what a loan can be told."""

from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.origination import Origination
    from activities.providers import DebitOrder, PayoutOrder
    from activities.servicing import Servicing
    from domain.commands import (
        AcceptOffer,
        AddCharge,
        ApplyForLoan,
        Assign,
        Cancel,
        ChargeOff,
        Decide,
        GiveInformation,
        GiveMandate,
        HearIdentity,
        MakePayment,
        RecheckIdentity,
        RefundCredit,
        RenewOffer,
        ReportDebitOverdue,
        ReportPayoutOverdue,
        ResolveDebit,
        ResolvePayout,
        RetryPayout,
        ReverseTransaction,
        ReviewDebit,
        ReviewPayout,
        RevokeMandate,
        Waive,
        Withdraw,
        WithdrawFromCredit,
    )
    from domain.evidence import DebitResult, IdentityResult, PayoutResult, verification_key
    from domain.people import ENGINE
    from domain.status import LoanStatus
    from domain.views import Outcome

from workflows import signboard
from workflows.collection import Collection
from workflows.disbursement import Disbursement
from workflows.verification import Verification
from workflows.writing import LoanStart, Writing, to_its_end

LONGEST_NAME = 100  # of a signal, in the log


class Conversation(Writing):
    """The part of LoanWorkflow that listens. Handlers can run before `run` does."""

    def __init__(self, start: LoanStart) -> None:
        super().__init__(start)
        self._verification = Verification(self._show_unanswered)
        self._disbursement = Disbursement(self._report_overdue, self._book_payout)
        self._collection = Collection(self._is_drawing, self._report_debit_overdue, self._book_debit)

    # --- messages ----------------------------------------------------------------------------------------------

    @workflow.update
    async def submit(self, command: ApplyForLoan) -> Outcome:
        """Record the application. Refused, the workflow ends."""
        return await self._first_or_next(Origination.record_application, command)

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
    async def assign(self, command: Assign) -> Outcome:
        return await self._write(Origination.assign, command)

    @assign.validator
    def _can_assign(self, command: Assign) -> None:
        self._require(LoanStatus.REFERRED)

    @workflow.update
    async def recheck_identity(self, command: RecheckIdentity) -> Outcome:
        return await self._write(Origination.order_recheck, command)

    @recheck_identity.validator
    def _can_recheck_identity(self, command: RecheckIdentity) -> None:
        self._require(LoanStatus.REFERRED)

    @workflow.update
    async def give_information(self, command: GiveInformation) -> Outcome:
        return await self._write(Origination.give_information, command)

    @give_information.validator
    def _can_give_information(self, command: GiveInformation) -> None:
        self._require(LoanStatus.REFERRED)

    @workflow.update
    async def renew_offer(self, command: RenewOffer) -> Outcome:
        """Also of an offer that has expired, and the loan with it."""
        return await self._first_or_next(Origination.renew_offer, command)

    @workflow.update
    async def accept(self, command: AcceptOffer) -> Outcome:
        return await self._write(Origination.accept, command)

    @accept.validator
    def _can_accept(self, command: AcceptOffer) -> None:
        self._require(LoanStatus.OFFERED)

    @workflow.update
    async def withdraw(self, command: Withdraw) -> Outcome:
        return await self._write(Origination.withdraw, command)

    @withdraw.validator
    def _can_withdraw(self, command: Withdraw) -> None:
        self._require(LoanStatus.VERIFYING, LoanStatus.REFERRED, LoanStatus.OFFERED)

    @workflow.update
    async def retry_payout(self, command: RetryPayout) -> Outcome:
        return await self._write(Origination.retry_payout, command)

    @retry_payout.validator
    def _can_retry_payout(self, command: RetryPayout) -> None:
        self._require(LoanStatus.ACCEPTED)

    @workflow.update
    async def cancel(self, command: Cancel) -> Outcome:
        return await self._write(Origination.cancel, command)

    @workflow.update
    async def make_payment(self, command: MakePayment) -> Outcome:
        with self._installment().scope():
            return await self._write(Servicing.make_payment, command)

    @make_payment.validator
    def _can_make_payment(self, command: MakePayment) -> None:
        self._require(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)

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
    async def give_mandate(self, command: GiveMandate) -> Outcome:
        return await self._write(Servicing.give_mandate, command)

    @workflow.update
    async def revoke_mandate(self, command: RevokeMandate) -> Outcome:
        return await self._write(Servicing.revoke_mandate, command)

    @workflow.update
    async def review_debit(self, command: ReviewDebit) -> Outcome:
        """Also of a closed loan."""
        return await self._first_or_next(Servicing.review_debit, command)

    @workflow.update
    async def charge(self, command: AddCharge) -> Outcome:
        return await self._write(Servicing.charge, command)

    @charge.validator
    def _can_charge(self, command: AddCharge) -> None:
        self._require(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)

    @workflow.update
    async def waive(self, command: Waive) -> Outcome:
        return await self._write(Servicing.waive, command)

    @waive.validator
    def _can_waive(self, command: Waive) -> None:
        self._require(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)

    @workflow.update
    async def charge_off(self, command: ChargeOff) -> Outcome:
        return await self._write(Servicing.charge_off, command)

    @charge_off.validator
    def _can_charge_off(self, command: ChargeOff) -> None:
        self._require(LoanStatus.ACTIVE)

    @workflow.update
    async def withdraw_from_credit(self, command: WithdrawFromCredit) -> Outcome:
        return await self._write(Servicing.withdraw_from_credit, command)

    @withdraw_from_credit.validator
    def _can_withdraw_from_credit(self, command: WithdrawFromCredit) -> None:
        self._require(LoanStatus.ACTIVE)

    @workflow.signal
    async def identity_result(self, result: IdentityResult) -> None:
        """The first final word on a check stands. What comes later is held against it, and kept for a person."""
        if self._is_awaited(result):
            self._verification.hear(result)
        elif self._is_news(result) and workflow.patched("late-identity-is-noted"):
            await workflow.wait_condition(lambda: not self._is(LoanStatus.VERIFYING))
            await self._note_late_word(result)

    @workflow.signal
    async def payout_result(self, result: PayoutResult) -> None:
        """The first final word on a payout stands. What contradicts it is kept in the books, for a person.

        It may be the first message of a new run, when the loan was over."""
        if self._is_sent(result.key) or not workflow.patched("early-word-on-a-payout"):
            self._disbursement.hear(result)
        if self._disbursement.contradicts(result) and workflow.patched("contradiction-is-booked"):
            await workflow.wait_condition(lambda: self._disbursement.is_booked(result.key))
            try:
                await self._first_or_next(Origination.resolve_payout, self._resolution(result))
            except ApplicationError as refusal:
                workflow.logger.warning("What the rail says now was refused: %s", refusal)

    @workflow.signal
    async def debit_result(self, result: DebitResult) -> None:
        """What the rail says of a direct debit, perhaps weeks after: the books decide what it means.

        It may be the first message of a new run, when the loan was over."""
        self._addressed = True
        await self._book_debit(result)

    @workflow.signal
    async def refresh(self) -> None:
        """The close of business changed the loan: look where it stands."""
        if self._standing is not None:
            await self._look_again()

    @workflow.signal(dynamic=True)
    def not_understood(self, name: str, parts: Sequence[RawValue]) -> None:
        """Nobody listens to a signal of this name. Without this, each would be kept for somebody who might."""
        workflow.logger.warning("A signal was not understood: %s", name[:LONGEST_NAME])

    # --- what providers say -----------------------------------------------------------------------------------------

    async def _book_payout(self, result: PayoutResult) -> None:
        await self._proceed(Origination.resolve_payout, self._resolution(result))

    async def _report_overdue(self, order: PayoutOrder) -> None:
        await self._proceed(
            Origination.report_payout_overdue,
            ReportPayoutOverdue(
                operation_id=f"{order.key}/overdue", loan_id=self._loan_id, actor=ENGINE, key=order.key
            ),
        )

    async def _book_debit(self, result: DebitResult) -> None:
        """What is said a second time, with another reason, is refused as a reused operation: the books have it."""
        operation_id = f"{result.key}/{result.outcome}"
        command = ResolveDebit(operation_id=operation_id, loan_id=self._loan_id, actor=ENGINE, result=result)
        try:
            await to_its_end(self._first_or_next(Servicing.resolve_debit, command))
        except ApplicationError as refusal:
            workflow.logger.warning("What the rail says of a direct debit was refused: %s", refusal)
            if self._standing is not None:
                await self._look_again()

    async def _report_debit_overdue(self, order: DebitOrder) -> None:
        command = ReportDebitOverdue(
            operation_id=f"{order.key}/overdue", loan_id=self._loan_id, actor=ENGINE, key=order.key
        )
        await self._proceed(Servicing.report_debit_overdue, command)

    def _is_sent(self, key: str) -> bool:
        """A word on a payout that nobody has sent yet is for the books to refuse."""
        under_way = self._standing is None or self._standing.payout_key == key
        return under_way or not self._disbursement.is_booked(key)

    def _is_drawing(self, key: str) -> bool:
        return self._stands.debit_key == key

    def _resolution(self, result: PayoutResult) -> ResolvePayout:
        operation_id = f"{result.key}/{result.outcome}"
        return ResolvePayout(operation_id=operation_id, loan_id=self._loan_id, actor=ENGINE, result=result)

    def _is_awaited(self, result: IdentityResult) -> bool:
        """Before the application is on record nobody knows; then while a check is under way."""
        if self._standing is None:
            return True
        key = self._key_of(result)
        under_way = self._is(LoanStatus.VERIFYING) or key == self._stands.recheck_key
        return under_way and not self._verification.is_over(key)

    async def _note_late_word(self, result: IdentityResult) -> None:
        try:
            await self._write(Origination.hear_identity, self._hearing(result))
        except ApplicationError as refusal:
            workflow.logger.warning("What the identity provider says now was refused: %s", refusal)

    def _is_news(self, result: IdentityResult) -> bool:
        return not self._verification.is_old_news(self._key_of(result), result)

    def _key_of(self, result: IdentityResult) -> str:
        return result.key or verification_key(self._loan_id)

    def _hearing(self, result: IdentityResult) -> HearIdentity:
        told = "+".join((result.outcome, *(f"{check.aspect}={check.outcome}" for check in result.checks)))
        operation_id = f"{self._key_of(result)}/{told}"
        return HearIdentity(operation_id=operation_id, loan_id=self._loan_id, actor=ENGINE, result=result)

    def _show_unanswered(self, unanswered: str | None) -> None:
        workflow.set_current_details(signboard.details(self._stands, unanswered))

    def _installment(self) -> workflow.EventGroup:
        number = self._stands.installment if self._standing else None
        label = f"Installment {number}" if number else "Origination"
        return workflow.create_event_group(label.lower().replace(" ", "-"), label=label)
