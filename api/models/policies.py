"""Policies as a lender writes them."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from api.models.base import Code, Percent, Text, WholeNumber
from api.models.definitions import Definition
from domain.policy import DEFAULT_POLICY, LONGEST_VALIDITY, Policy, Reason
from domain.rules import Condition, Operator, Rule, Verdict

Many = 200  # rules, or parts of a condition

Word = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100)]
ValidDays = Annotated[WholeNumber, Field(ge=0, le=LONGEST_VALIDITY)]
Parts = Annotated[tuple["ConditionDefinition", ...], Field(max_length=Many)]


class ConditionDefinition(Definition):
    """Compares one `fact` with `value` by `operator`, or is made of others: `all_of`, `any_of` or `none_of` them."""

    mirrors: ClassVar = Condition
    fact: Word | None = None
    operator: Operator | None = None
    value: WholeNumber | Word | Annotated[tuple[Word, ...], Field(max_length=Many)] | None = None
    all_of: Parts = ()
    any_of: Parts = ()
    none_of: Parts = ()


class RuleDefinition(Definition):
    """`code` is what the lender's people read, `wording` what a borrower is told."""

    mirrors: ClassVar = Rule
    code: Word
    when: ConditionDefinition
    then: Verdict
    wording: Text


class PolicyDefinition(Definition):
    """Figures of the standard rules, rules of one's own, and standard rules that don't apply."""

    mirrors: ClassVar = Policy
    decline_below_score: WholeNumber = DEFAULT_POLICY.decline_below_score
    refer_below_score: WholeNumber = DEFAULT_POLICY.refer_below_score
    max_debt_to_income: Percent = DEFAULT_POLICY.max_debt_to_income
    max_payment_to_income: Percent = DEFAULT_POLICY.max_payment_to_income
    min_age: Annotated[WholeNumber, Field(ge=0, le=150)] = DEFAULT_POLICY.min_age
    countries: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...], Field(max_length=400)] = ()
    report_valid_days: ValidDays = DEFAULT_POLICY.report_valid_days
    identity_valid_days: ValidDays = DEFAULT_POLICY.identity_valid_days
    credit_report_consent: Code | None = DEFAULT_POLICY.credit_report_consent
    max_applications: Annotated[WholeNumber, Field(ge=1, le=1000)] = DEFAULT_POLICY.max_applications
    rules: Annotated[tuple[RuleDefinition, ...], Field(max_length=Many)] = ()
    without: tuple[Reason, ...] = ()
