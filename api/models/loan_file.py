"""What an officer or operator is told of a loan, and its borrower is not."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from api.models.base import MoneyView, View
from api.models.loans import LoanView, OfferView
from api.models.referrals import ReferralView
from domain.evidence import Aspect
from domain.referral import WaitsFor
from domain.rules import Verdict


class StaffLoanView(LoanView):
    customer_id: str
    branch: str
    version: int


class ReferredLoanView(StaffLoanView):
    """A referred application. `waits_for`: an officer, a second officer's yes, or the applicant's answer."""

    waits_for: WaitsFor
    referral: ReferralView | None


class DecisionView(View):
    """`reasons` are codes of the product's policy, those that decline before those that refer."""

    verdict: Verdict
    reasons: list[str]
    grade: str | None


class AspectView(View):
    aspect: Aspect
    outcome: str
    reasons: list[str]


class IdentityView(View):
    """`contradicted`: what the provider said otherwise afterwards."""

    outcome: str
    reference: str
    reasons: list[str]
    checks: list[AspectView]
    documents_expire_on: date | None
    contradicted: list[str]
    checked_on: date | None
    reused_from: str | None


class ReportView(View):
    reference: str
    score: int | None
    currency: str
    monthly_obligations: int = Field(description="In minor units of `currency`.")
    flags: list[str]
    reused_from: str | None


class ChoiceView(View):
    amount: MoneyView
    installments: int


class ApprovalView(View):
    """`on_behalf_of` is whose authority was used, when the officer's own was not enough."""

    officer_id: str
    amount: MoneyView
    installments: int
    alternatives: list[ChoiceView]
    on_behalf_of: str | None


class PayoutView(View):
    key: str
    attempt: int
    amount: MoneyView


class AcceptanceView(View):
    """`address` is where the borrower's call came from; null once the customer was erased."""

    offer_digest: str
    accepted_by: str
    address: str | None
    at: datetime


class DebitView(View):
    """The latest direct debit. `open`: it has not ended; `retry_on`: it failed, and is tried again then."""

    key: str
    due_date: date
    attempt: int
    amount: MoneyView
    open: bool
    overdue: bool
    retry_on: date | None
    contradicted: list[str]


class AuditView(View):
    """`hash` chains each line to the one before."""

    sequence: int
    actor: str
    action: str
    reason: str | None
    details: dict[str, str]
    at: datetime
    hash: str


class LoanFileView(StaffLoanView):
    """Everything on file, the audit trail, and where to watch the loan's workflow."""

    decision: DecisionView | None
    identity: IdentityView | None
    report: ReportView | None
    referral: ReferralView | None
    approvals: list[ApprovalView]
    offer: Annotated[OfferView | None, BeforeValidator(lambda offer: offer and OfferView.of(offer))]
    alternatives: Annotated[list[OfferView], BeforeValidator(lambda offers: [OfferView.of(offer) for offer in offers])]
    acceptance: AcceptanceView | None = None
    payout: PayoutView | None
    debit: DebitView | None
    audit_trail: list[AuditView] = Field(default=[])
    workflow_url: str = ""
