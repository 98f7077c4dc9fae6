"""Loans as they are asked for, and as they are told."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints

from api.models.base import Code, IsoDate, Model, MoneyView, PercentView, PositiveAmount, Text, View, WholeNumber
from domain.adverse_action import closure_told
from domain.commands import OfficerVerdict
from domain.offer import Offer
from domain.people import MAIN_BRANCH
from domain.status import LoanStatus
from domain.transaction import TransactionKind
from domain.views import Outcome

Installments = Annotated[WholeNumber, Field(ge=1, le=1200, examples=[12])]
Digest = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]


Device = Annotated[str, StringConstraints(strict=True, pattern=r"^[!-~]{8,200}$")]


class LoanApplication(Model):
    product_code: Code = Field(examples=["personal-loan"])
    amount: PositiveAmount
    installments: Installments
    device: Device | None = Field(default=None, description="What names the applicant's device; kept as a digest only.")
    branch: Code = Field(default=MAIN_BRANCH, description="Through which the application comes.")
    credit_report_consent: Code | None = Field(
        default=None, description="The wording that the applicant agreed to, where the product wants one."
    )


class Acceptance(Model):
    """`offer_digest` is the one of the offer that the applicant was shown."""

    offer_digest: Digest


class Withdrawal(Model):
    reason: Text | None = None


class Payment(Model):
    amount: PositiveAmount


class PaymentReceived(Payment):
    """`effective_date` is the day the money came; default: the loan's business date."""

    effective_date: IsoDate | None = None


class OfferChoice(Model):
    """Terms that the applicant may take instead."""

    amount: PositiveAmount
    installments: Installments


class OfficerDecision(Model):
    """Amount and installments as applied for when they are left out. `reason` of a request for information is what the
    applicant is asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"verdict": "approve", "reason": "steady income"}]})

    verdict: OfficerVerdict
    amount: PositiveAmount | None = None
    installments: Installments | None = None
    reason: Text | None = None
    alternatives: Annotated[tuple[OfferChoice, ...], Field(max_length=4)] = ()


class Renewal(Model):
    reason: Text | None = None


class Cancellation(Model):
    reason: Text


class ReceiptView(View):
    """How one payment was used. The parts sum to `amount`; `credit` is what was left over."""

    loan_id: str
    transaction: int
    amount: MoneyView
    effective_date: date
    principal: MoneyView
    interest: MoneyView
    fees: MoneyView
    penalties: MoneyView
    credit: MoneyView
    outstanding: MoneyView
    status: LoanStatus


class StandingView(View):
    """Where the loan stands after the message. `receipt` comes with a payment only, as first given."""

    loan_id: str
    status: LoanStatus
    business_date: date
    waits_for: str | None
    next_due_date: date | None
    days_past_due: int
    outstanding: MoneyView | None
    closure: str | None
    receipt: ReceiptView | None = None

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        receipt = ReceiptView.model_validate(outcome.receipt) if outcome.receipt else None
        return cls.model_validate(outcome.standing).model_copy(update={"receipt": receipt})

    @classmethod
    def told(cls, outcome: Outcome) -> Self:
        """To the borrower."""
        standing = outcome.standing
        return cls.of(outcome).model_copy(update={"closure": closure_told(standing.status, standing.closure)})


class BalancesView(View):
    principal: MoneyView
    interest: MoneyView
    fees: MoneyView
    penalties: MoneyView
    credit: MoneyView


class MandateView(View):
    """`revoked_on` null: what falls due is drawn from the borrower's bank account."""

    reference: str
    given_on: date
    revoked_on: date | None


class LoanView(View):
    """`outstanding` is what would close the loan on its business date."""

    id: str
    status: LoanStatus
    product_code: str
    product_version: int
    product_name: str
    requested: MoneyView
    requested_installments: int
    approved: MoneyView | None
    installments: int | None
    applied_on: date
    disbursed_on: date | None
    business_date: date
    balances: BalancesView
    outstanding: MoneyView
    days_past_due: int
    bucket: str | None
    next_due_date: date | None
    next_milestone_on: date | None
    next_milestone: str | None
    waits_until: date | None
    mandate: MandateView | None
    closure: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def told(cls, loan: object) -> Self:
        """To the borrower."""
        whole = cls.model_validate(loan)
        return whole.model_copy(update={"closure": closure_told(whole.status, whole.closure)})


class DecisionNoticeView(View):
    """What was decided on an application, and why it was declined: the principal reasons, in the lender's words."""

    status: LoanStatus
    reasons: list[str] = Field(examples=[["Excessive obligations in relation to income"]])


class OfferView(View):
    """The figures are those of a payout on `made_on`. Accept it by its `digest`, up to and including `expires_on`.

    The borrower receives `amount` less `deducted_fee`.
    """

    digest: str
    amount: MoneyView
    deducted_fee: MoneyView
    amount_financed: MoneyView
    payments: int
    installment: MoneyView
    finance_charge: MoneyView
    total_of_payments: MoneyView
    apr: PercentView
    annual_rate: PercentView
    made_on: date
    expires_on: date

    @classmethod
    def of(cls, offer: Offer) -> Self:
        return cls(
            digest=offer.digest,
            amount=offer.amount,
            deducted_fee=offer.deducted_fee,
            amount_financed=offer.total_of_payments - offer.finance_charge,
            payments=offer.payments,
            installment=offer.installment,
            finance_charge=offer.finance_charge,
            total_of_payments=offer.total_of_payments,
            apr=offer.apr,
            annual_rate=offer.terms.annual_rate,
            made_on=offer.made_on,
            expires_on=offer.expires_on,
        )


class OffersView(View):
    """Side by side; accept one by its digest."""

    items: list[OfferView]


class ScheduleRowView(View):
    number: int
    start_date: date
    due_date: date
    principal: MoneyView
    interest: MoneyView
    fees: MoneyView
    penalties: MoneyView
    principal_paid: MoneyView
    interest_paid: MoneyView
    fees_paid: MoneyView
    penalties_paid: MoneyView
    interest_waived: MoneyView
    fees_waived: MoneyView
    penalties_waived: MoneyView
    due: MoneyView
    outstanding: MoneyView
    balance_after: MoneyView
    paid_on: date | None


class ScheduleView(View):
    installments: list[ScheduleRowView]


class TransactionView(View):
    number: int
    kind: TransactionKind
    amount: MoneyView
    effective_date: date
    booked_at: datetime
    operation_id: str
    reverses: int | None
    installment: int | None


class TransactionsView(View):
    transactions: list[TransactionView]


class PayoffView(View):
    """What would close the loan if it were paid on `as_of`."""

    loan_id: str
    as_of: date
    amount: MoneyView
    balances: BalancesView
