"""Policy: who gets a loan. Its figures make the standard rules; a lender adds rules of its own, or puts them in their
place."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.errors import InvalidValue
from domain.rules import Condition, Operator, Rule, Value, Verdict


class Reason(StrEnum):
    """The codes of the standard rules, in the order in which they are told."""

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
    ACCOUNT_SHARED = "account_shared"
    DEVICE_SHARED = "device_shared"
    TOO_MANY_APPLICATIONS = "too_many_applications"


LONGEST_VALIDITY = 366  # days, of what providers said


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Scores are the bureau's; ratios are percents of monthly income; ages are whole years. Nobody looks at up to
    `max_applications` of one customer, bank account or device within thirty days.

    A rule of `rules` that bears the code of a standard one takes its place; the others come after them. `without` names
    standard rules that do not apply.

    A credit report of the customer's is used again for `report_valid_days`, a passed identity check for
    `identity_valid_days`; zero: asked anew for each application. `credit_report_consent` names the wording that
    applicants must have agreed to before the bureau is asked; None where the law asks for no consent.
    """

    decline_below_score: int = 580
    refer_below_score: int = 680
    max_debt_to_income: Decimal = Decimal(45)
    max_payment_to_income: Decimal = Decimal(35)
    min_age: int = 18
    countries: tuple[str, ...] = ()
    max_applications: int = 5
    report_valid_days: int = 0
    identity_valid_days: int = 0
    credit_report_consent: str | None = None
    rules: tuple[Rule, ...] = ()
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.refer_below_score < self.decline_below_score:
            raise InvalidValue("policy.refer_below_score", "is below decline_below_score")
        if self.max_debt_to_income <= 0 or self.max_payment_to_income <= 0:
            raise InvalidValue("policy", "a ceiling of zero lends to nobody")
        if self.max_applications < 1:
            raise InvalidValue("max_applications", "is at least one")
        self._check_validity()
        for code in self.without:
            if code not in tuple(Reason):
                raise InvalidValue("without", f"{code} is no standard rule")
        for place, rule in enumerate(self.rules):
            self._check_beside(place, rule)

    def _check_validity(self) -> None:
        for name in ("report_valid_days", "identity_valid_days"):
            if not 0 <= getattr(self, name) <= LONGEST_VALIDITY:
                raise InvalidValue(name, f"is from 0 to {LONGEST_VALIDITY}")

    def _check_beside(self, place: int, rule: Rule) -> None:
        for earlier in self.rules[:place]:
            if earlier.code == rule.code:
                raise InvalidValue(f"rules.{place}.code", f"{rule.code} is there before")
            if earlier.when == rule.when and earlier.then is not rule.then:
                raise InvalidValue(f"rules.{place}.then", f"contradicts {earlier.code}, which holds when this does")

    def in_force(self) -> tuple[Rule, ...]:
        """Every rule that applies: first those that decline, then those that refer."""
        own = {rule.code: rule for rule in self.rules}
        standard = [rule for rule in _standard(self) if rule.code not in self.without]
        ordered = [own.pop(rule.code, rule) for rule in standard] + list(own.values())
        return tuple(sorted(ordered, key=lambda rule: rule.then is not Verdict.DECLINE))


DEFAULT_POLICY = Policy()


def _standard(policy: Policy) -> Iterator[Rule]:
    yield _declines(Reason.IDENTITY_FAILED, "Unable to verify identity", _is("identity", Operator.EQUALS, "failed"))
    yield _declines(Reason.UNDER_AGE, "Below the age at which we lend", _is("age", Operator.BELOW, policy.min_age))
    if policy.countries:
        served = _is("country", Operator.ONE_OF, policy.countries)
        yield _declines(Reason.COUNTRY_NOT_SERVED, "We do not lend in your country", Condition(none_of=(served,)))
    yield _declines(Reason.FRAUD_FLAG, "Warning on the credit report", _is("bureau_flags", Operator.IS_KNOWN))
    low = _is("score", Operator.BELOW, policy.decline_below_score)
    yield _declines(Reason.SCORE_TOO_LOW, "Poor credit performance", low)
    yield from _affordability(policy)
    needs_person = _is("identity", Operator.EQUALS, "needs_person")
    yield _refers(Reason.IDENTITY_NEEDS_PERSON, "Unable to verify identity", needs_person)
    other = _is("monthly_income", Operator.IS_UNKNOWN)
    yield _refers(Reason.INCOME_IN_OTHER_CURRENCY, "Unable to verify income", other)
    yield _refers(Reason.NO_CREDIT_FILE, "No credit file", _is("score", Operator.IS_UNKNOWN))
    if policy.decline_below_score < policy.refer_below_score:
        enough = _is("score", Operator.AT_LEAST, policy.decline_below_score)
        middling = Condition(all_of=(enough, _is("score", Operator.BELOW, policy.refer_below_score)))
        yield _refers(Reason.SCORE_NEEDS_PERSON, "Limited credit experience", middling)
    yield from _fraud(policy)


def _fraud(policy: Policy) -> Iterator[Rule]:
    verify = "Unable to verify identity"
    yield _refers(Reason.ACCOUNT_SHARED, verify, _is("customers_with_account", Operator.ABOVE, 0))
    yield _refers(Reason.DEVICE_SHARED, verify, _is("customers_with_device", Operator.ABOVE, 0))
    counts = ("applications_30_days", "account_applications_30_days", "device_applications_30_days")
    often = tuple(_is(count, Operator.ABOVE, policy.max_applications) for count in counts)
    yield _refers(Reason.TOO_MANY_APPLICATIONS, "Number of recent applications", Condition(any_of=often))


def _affordability(policy: Policy) -> Iterator[Rule]:
    yield _declines(Reason.NO_INCOME, "No income stated", _is("monthly_income", Operator.AT_MOST, "0"))
    yield _declines(
        Reason.DEBT_TO_INCOME_TOO_HIGH,
        "Excessive obligations in relation to income",
        _is("debt_to_income", Operator.ABOVE, f"{policy.max_debt_to_income:f}"),
    )
    yield _declines(
        Reason.PAYMENT_TO_INCOME_TOO_HIGH,
        "Income insufficient for amount of credit requested",
        _is("payment_to_income", Operator.ABOVE, f"{policy.max_payment_to_income:f}"),
    )


def _is(fact: str, operator: Operator, value: Value = None) -> Condition:
    return Condition(fact=fact, operator=operator, value=value)


def _declines(code: Reason, wording: str, when: Condition) -> Rule:
    return Rule(code=code, when=when, then=Verdict.DECLINE, wording=wording)


def _refers(code: Reason, wording: str, when: Condition) -> Rule:
    return Rule(code=code, when=when, then=Verdict.REFER, wording=wording)
