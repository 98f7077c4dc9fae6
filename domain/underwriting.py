"""Facts and policy in; approve, refer or decline out, with every reason that applies."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from domain.annuity import round_ratio
from domain.conventions import PeriodUnit, ScheduleKind
from domain.customer import CustomerDetails
from domain.disclosure import hypothetical
from domain.evidence import BureauReport, IdentityResult
from domain.money import Money, currency_digits
from domain.policy import Policy
from domain.policy_facts import FactValue
from domain.position import Installment
from domain.product import LoanProduct
from domain.rates import percent_of
from domain.row import RowKind
from domain.rules import Verdict
from domain.signals import Signals
from domain.terms import Terms

_NO_SIGNALS = Signals()
_COUNTS = tuple(field.name for field in fields(Signals) if field.name != "exposure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """What is known of the customer. Amounts are minor units of the loan's currency; `monthly_income` is None when it
    was stated in another one."""

    date_of_birth: date
    country: str
    monthly_income: int | None
    stated_obligations: int = 0
    signals: Signals = _NO_SIGNALS

    @classmethod
    def of(cls, customer: CustomerDetails, currency: str, signals: Signals = _NO_SIGNALS) -> "Applicant":
        """A twelfth of the stated yearly income, rounded down; a customer who stated none has none."""
        yearly = customer.annual_income or Money(0, currency)
        monthly = yearly.minor // 12 if yearly.currency == currency else None
        stated = customer.monthly_obligations
        return cls(
            date_of_birth=customer.date_of_birth,
            country=customer.country,
            monthly_income=monthly,
            stated_obligations=stated.minor if stated and stated.currency == currency else 0,
            signals=signals,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What was known of an applicant when the policy decided, kept so that the decision can be explained and tried
    again. What the bureau said is kept beside it."""

    applicant: Applicant
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the policy looks at. `monthly_payment` is what the new loan takes a month, in minor units."""

    applicant: Applicant
    identity: IdentityResult
    report: BureauReport
    amount: Money
    installments: int
    monthly_payment: int
    today: date
    grade: str | None = None

    @classmethod
    def of(
        cls,
        product: LoanProduct,
        *,
        amount: Money,
        installments: int,
        applicant: Applicant,
        identity: IdentityResult,
        report: BureauReport,
        today: date,
    ) -> "Facts":
        """At the price that the applicant's grade has. Raises `OutsideProduct` or `CurrencyMismatch` for what is not on
        offer."""
        grade = product.grade(report.score)
        terms = product.terms_for(amount, installments, grade)
        return cls(
            applicant=applicant,
            identity=identity,
            report=report,
            amount=amount,
            installments=installments,
            monthly_payment=monthly_payment(terms, hypothetical(terms, amount.minor, today).installments),
            today=today,
            grade=grade,
        )

    def known(self) -> dict[str, FactValue]:
        """By the names of the catalogue, without what is not known."""
        told: dict[str, FactValue | None] = {
            "identity": self.identity.outcome.value,
            "age": _age(self.applicant.date_of_birth, self.today),
            "country": self.applicant.country,
            "score": self.report.score,
            "grade": self.grade,
            "bureau_flags": self.report.flags or None,
            "amount": self._in_units(self.amount.minor),
            "installments": self.installments,
            **self._affordability(),
            **self._counted(),
        }
        return {name: value for name, value in told.items() if value is not None}

    def _affordability(self) -> dict[str, FactValue | None]:
        income, payment = self.applicant.monthly_income, self.monthly_payment
        obligations = self.report.monthly_obligations + self.applicant.stated_obligations
        return {
            "monthly_income": None if income is None else self._in_units(income),
            "monthly_obligations": self._in_units(obligations),
            "monthly_payment": self._in_units(payment),
            "debt_to_income": _percent(obligations + payment, income),
            "payment_to_income": _percent(payment, income),
        }

    def _counted(self) -> dict[str, FactValue | None]:
        signals = self.applicant.signals
        told: dict[str, FactValue | None] = {name: getattr(signals, name) for name in _COUNTS}
        return {**told, "exposure": self._in_units(signals.exposure + self.amount.minor)}

    def _in_units(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-currency_digits(self.amount.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`reasons` are codes of the policy's rules, those that decline before those that refer; none for an approval.
    `grade` decided the price."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    grade: str | None = None


def underwrite(policy: Policy, facts: Facts) -> Decision:
    """Decline when any rule that declines holds, else refer when any that refers does, else approve."""
    known = facts.known()
    holding = [rule for rule in policy.in_force() if rule.when.holds(known)]
    verdict = holding[0].then if holding else Verdict.APPROVE
    return Decision(verdict=verdict, reasons=tuple(rule.code for rule in holding), grade=facts.grade)


def monthly_payment(terms: Terms, schedule: Sequence[Installment]) -> int:
    """The largest regular installment as a month's, in minor units: a balloon and fees aside, and never more than
    is due in all."""
    regular = [row for row in schedule if row.kind == RowKind.INSTALLMENT]
    balloon = terms.balloon_amount or percent_of(sum(row.principal for row in regular), terms.balloon_percent)
    parts = [row.due - row.fees for row in regular]
    largest = max([*parts[:-1], parts[-1] - balloon])
    rows = terms.installments if terms.kind is ScheduleKind.BULLET else 1
    a_month = round_ratio(largest * _PER_YEAR[terms.unit], 12 * terms.every * rows)
    return min(a_month, sum(row.due for row in schedule))


_PER_YEAR = {
    PeriodUnit.DAYS: 365,
    PeriodUnit.WEEKS: 52,
    PeriodUnit.SEMI_MONTHS: 24,
    PeriodUnit.MONTHS: 12,
    PeriodUnit.YEARS: 1,
}


def _percent(part: int, income: int | None) -> Decimal | None:
    return Decimal(part * 100) / Decimal(income) if income else None


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
