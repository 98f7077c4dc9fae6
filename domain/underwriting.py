"""Facts and policy in; approve, refer or decline out, with every reason that applies."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.customer import CustomerDetails
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult
from domain.money import Money
from domain.product import Policy


class Verdict(StrEnum):
    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


class Reason(StrEnum):
    """Why an application was not simply approved, in the order in which they are told."""

    IDENTITY_FAILED = "identity_failed"
    UNDER_AGE = "under_age"
    COUNTRY_NOT_SERVED = "country_not_served"
    FRAUD_FLAG = "fraud_flag"
    SCORE_TOO_LOW = "score_too_low"
    NO_INCOME = "no_income"
    DEBT_TO_INCOME_TOO_HIGH = "debt_to_income_too_high"
    PAYMENT_TO_INCOME_TOO_HIGH = "payment_to_income_too_high"
    IDENTITY_NEEDS_PERSON = "identity_needs_person"
    INCOME_IN_OTHER_CURRENCY = "income_in_other_currency"
    NO_CREDIT_FILE = "no_credit_file"
    SCORE_NEEDS_PERSON = "score_needs_person"


REFERRING = frozenset(
    {
        Reason.IDENTITY_NEEDS_PERSON,
        Reason.INCOME_IN_OTHER_CURRENCY,
        Reason.NO_CREDIT_FILE,
        Reason.SCORE_NEEDS_PERSON,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """What is known of the customer. `monthly_income` in minor units of the loan's currency; None when it was stated in
    another one."""

    date_of_birth: date
    country: str
    monthly_income: int | None

    @classmethod
    def of(cls, customer: CustomerDetails, currency: str) -> "Applicant":
        """A twelfth of the stated yearly income, rounded down; a customer who stated none has none."""
        yearly = customer.annual_income or Money(0, currency)
        monthly = yearly.minor // 12 if yearly.currency == currency else None
        return cls(date_of_birth=customer.date_of_birth, country=customer.country, monthly_income=monthly)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the policy looks at. `monthly_payment` is the new loan's largest month, in minor units."""

    applicant: Applicant
    identity: IdentityResult
    report: BureauReport
    monthly_payment: int
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`reasons` in the order of `Reason`; empty for an approval."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


def underwrite(policy: Policy, facts: Facts) -> Decision:
    """Decline when any reason to decline applies, else refer when any to refer does, else approve."""
    applying = {
        Reason.IDENTITY_FAILED: facts.identity.outcome is IdentityOutcome.FAILED,
        Reason.UNDER_AGE: _age(facts.applicant.date_of_birth, facts.today) < policy.min_age,
        Reason.COUNTRY_NOT_SERVED: bool(policy.countries) and facts.applicant.country not in policy.countries,
        Reason.FRAUD_FLAG: bool(facts.report.flags),
        Reason.SCORE_TOO_LOW: facts.report.score is not None and facts.report.score < policy.decline_below_score,
        **_affordability(policy, facts),
        Reason.IDENTITY_NEEDS_PERSON: facts.identity.outcome is IdentityOutcome.NEEDS_PERSON,
        Reason.INCOME_IN_OTHER_CURRENCY: facts.applicant.monthly_income is None,
        Reason.NO_CREDIT_FILE: facts.report.score is None,
        Reason.SCORE_NEEDS_PERSON: _between(facts.report.score, policy.decline_below_score, policy.refer_below_score),
    }
    reasons = tuple(reason for reason in Reason if applying[reason])
    if any(reason not in REFERRING for reason in reasons):
        return Decision(verdict=Verdict.DECLINE, reasons=reasons)
    return Decision(verdict=Verdict.REFER if reasons else Verdict.APPROVE, reasons=reasons)


def _affordability(policy: Policy, facts: Facts) -> dict[Reason, bool]:
    income, payment = facts.applicant.monthly_income, facts.monthly_payment
    debts = facts.report.monthly_obligations + payment
    known = income is not None and income > 0
    return {
        Reason.NO_INCOME: income is not None and income <= 0,
        Reason.DEBT_TO_INCOME_TOO_HIGH: known and _percent(debts, income) > policy.max_debt_to_income,
        Reason.PAYMENT_TO_INCOME_TOO_HIGH: known and _percent(payment, income) > policy.max_payment_to_income,
    }


def _percent(part: int, income: int | None) -> Decimal:
    return Decimal(part * 100) / Decimal(income or 1)


def _between(score: int | None, low: int, high: int) -> bool:
    return score is not None and low <= score < high


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
