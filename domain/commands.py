"""What somebody wants of a loan. One frozen dataclass per intent; these travel through Temporal as they are.

`operation_id` is made by whoever asks and is the operation's name for ever: the same id never acts twice. `actor` is
the id of the user who asks, or `people.ENGINE`. No field holds personal data.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.evidence import DebitOutcome, DebitResult, IdentityResult, PayoutOutcome, PayoutResult
from domain.money import Money
from domain.offer import Choice
from domain.people import MAIN_BRANCH
from domain.transaction import Component


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    operation_id: str
    loan_id: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyForLoan(Command):
    """`device` is a keyed digest of what names the device that the application comes from; `credit_report_consent` the
    wording under which the applicant lets the credit bureau be asked."""

    customer_id: str
    product_code: str
    amount: Money
    installments: int
    device: str | None = None
    branch: str = MAIN_BRANCH
    credit_report_consent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Underwrite(Command):
    """Decide by policy, on what the providers said. `report_key` names the credit report on file, if there is one."""

    customer_id: str
    currency: str
    identity: IdentityResult
    report_key: str


class OfficerVerdict(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    REQUEST_INFORMATION = "request_information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide(Command):
    """An officer's decision; `actor` is the officer's user id. `amount` and `installments` None mean as applied for.

    For a request for information, `reason` is what the applicant is asked. An approval may carry alternatives, of which
    the applicant takes one.
    """

    verdict: OfficerVerdict
    amount: Money | None = None
    installments: int | None = None
    reason: str | None = None
    alternatives: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckIdentity(Command):
    """Have the provider look again at the applicant of a referred application."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRecheck(Command):
    """What the provider said when it was asked again, under `key`."""

    key: str
    result: IdentityResult


@dataclass(frozen=True, slots=True, kw_only=True)
class HearIdentity(Command):
    """What the provider says of a check that was over."""

    result: IdentityResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Command):
    """Put a referred application into an officer's hands; None: back into the queue."""

    officer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveInformation(Command):
    """The applicant has answered what was asked. `answer_digest` names the text, which stays on file."""

    answer_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewOffer(Command):
    """Offer the same anew, of an offer that has ended or is about to."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOffer(Command):
    """`offer_digest` names the offer the applicant saw."""

    offer_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Command):
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawFromCredit(Command):
    """Give the loan back within its cooling-off period."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvePayout(Command):
    """Book what the payment rail said of an instructed payout: settled or failed."""

    result: PayoutResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPayoutOverdue(Command):
    """The rail has not said for too long what became of the payout under `key`: a person shall ask."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPayout(Command):
    """A person's word on payouts about which the rail has contradicted itself: did the money arrive?"""

    outcome: PayoutOutcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPayout(Command):
    """Instruct the payout again, under a new key, after it failed for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Command):
    """Give up a loan before its money is out."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePayment(Command):
    """`effective_date` None means the business date on which the loan receives it. `receipt_id` names the parked
    receipt that the money is, when it did not come in just now."""

    amount: Money
    effective_date: date | None = None
    receipt_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseTransaction(Command):
    """Undo the transaction of this number, as if it had never been."""

    transaction: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCharge(Command):
    """A fee or a penalty that falls due on `due_date`; None means today."""

    component: Component
    amount: Money
    reason: str
    due_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waive(Command):
    """Give up some of what is owed of a fee, a penalty or interest; of one installment, or oldest first."""

    component: Component
    amount: Money
    reason: str
    installment: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCredit(Command):
    """Pay back what the customer paid too much."""

    amount: Money
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOff(Command):
    """Book what is owed as a loss. The claim stays."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveMandate(Command):
    """From now on what falls due may be drawn from the bank account on file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeMandate(Command):
    """From now on it may not. A debit that was instructed before goes its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveDebit(Command):
    """Book what the payment rail said of an instructed direct debit: settled, failed, or returned after all."""

    result: DebitResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDebitOverdue(Command):
    """The rail has not said for too long what became of the direct debit under `key`: a person shall ask."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDebit(Command):
    """A person's word on a direct debit of which the rail says nothing, or both: is the money there?"""

    key: str
    outcome: DebitOutcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassMilestones(Command):
    """Do all that falls due by itself until now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksCommand:
    """What somebody wants of the books as a whole, of no loan in particular."""

    operation_id: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkReceipt(BooksCommand):
    """Book money that names no loan. `reference` is what it came with, and names no person."""

    receipt_id: str
    amount: Money
    received_on: date
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReceipt(BooksCommand):
    """Send parked money back to where it came from."""

    receipt_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateAuthority(BooksCommand):
    """Put an officer's authority into a colleague's hands, from the first day to the last."""

    delegation_id: str
    delegator_id: str
    delegate_id: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeDelegation(BooksCommand):
    """End a delegation at once."""

    delegation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePeriod(BooksCommand):
    """From now on the books take no entry of `through`, a month's last day, or earlier. There is no way back."""

    through: date
    reason: str
