"""Facts and policy in; a decision with every reason out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.conventions import PeriodUnit, ScheduleKind
from domain.customer import CustomerDetails
from domain.disclosure import hypothetical
from domain.errors import InvalidValue
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult
from domain.money import Money
from domain.policy import Policy, Reason
from domain.policy_facts import KNOWN_FACTS
from domain.rules import Condition, Operator, Rule, Verdict
from domain.terms import Terms
from domain.underwriting import Applicant, Facts, monthly_payment, underwrite

FACTS = Facts(
    applicant=Applicant(date_of_birth=date(1985, 12, 10), country="GB", monthly_income=5_000_00),
    identity=IdentityResult(outcome=IdentityOutcome.PASSED, reference="check"),
    report=BureauReport(reference="report", score=780, currency="USD", monthly_obligations=500_00),
    amount=Money(5_000_00, "USD"),
    installments=12,
    monthly_payment=400_00,
    today=date(2026, 1, 1),
)


def test_a_good_applicant_is_approved_without_a_reason() -> None:
    decision = underwrite(Policy(), FACTS)
    assert (decision.verdict, decision.reasons) == (Verdict.APPROVE, ())


def test_every_reason_that_applies_is_told_in_order() -> None:
    facts = replace(
        FACTS,
        applicant=Applicant(date_of_birth=date(2008, 1, 2), country="FR", monthly_income=1_000_00),
        identity=replace(FACTS.identity, outcome=IdentityOutcome.FAILED),
        report=replace(FACTS.report, score=500, flags=("bankruptcy",)),
    )
    decision = underwrite(Policy(countries=("GB",)), facts)
    assert decision.verdict is Verdict.DECLINE
    assert decision.reasons == (
        Reason.IDENTITY_FAILED,
        Reason.UNDER_AGE,
        Reason.COUNTRY_NOT_SERVED,
        Reason.FRAUD_FLAG,
        Reason.SCORE_TOO_LOW,
        Reason.DEBT_TO_INCOME_TOO_HIGH,
        Reason.PAYMENT_TO_INCOME_TOO_HIGH,
    )


@pytest.mark.parametrize(("score", "verdict"), [(579, "decline"), (580, "refer"), (679, "refer"), (680, "approve")])
def test_scores_are_divided_at_the_policys_bounds(score: int, verdict: str) -> None:
    assert underwrite(Policy(), replace(FACTS, report=replace(FACTS.report, score=score))).verdict == verdict


@pytest.mark.parametrize(("payment", "verdict"), [(1_750_00, "approve"), (1_750_01, "decline")])
def test_a_ceiling_may_be_reached_and_not_passed(payment: int, verdict: str) -> None:
    policy = Policy(max_payment_to_income=Decimal(35), max_debt_to_income=Decimal(100))
    assert underwrite(policy, replace(FACTS, monthly_payment=payment)).verdict == verdict


def test_eighteen_is_reached_on_the_birthday() -> None:
    born = replace(FACTS.applicant, date_of_birth=date(2008, 1, 1))
    assert underwrite(Policy(), replace(FACTS, applicant=born)).verdict is Verdict.APPROVE


def test_income_in_another_currency_is_nothing_that_a_machine_compares() -> None:
    customer = CustomerDetails(
        customer_id="1",
        given_name="Ada",
        family_name="Lovelace",
        date_of_birth=date(1985, 12, 10),
        country="JP",
        email="ada@example.com",
        annual_income=Money(10_000_000, "JPY"),
    )
    decision = underwrite(Policy(), replace(FACTS, applicant=Applicant.of(customer, "USD")))
    assert (decision.verdict, decision.reasons) == (Verdict.REFER, (Reason.INCOME_IN_OTHER_CURRENCY,))
    assert Applicant.of(customer, "JPY").monthly_income == 833_333


def test_who_states_no_income_has_none() -> None:
    facts = replace(FACTS, applicant=replace(FACTS.applicant, monthly_income=0))
    assert underwrite(Policy(), facts).reasons == (Reason.NO_INCOME,)


def rule(code: str, then: Verdict, fact: str = "age", when: Condition | None = None) -> Rule:
    known = Condition(fact=fact, operator=Operator.IS_KNOWN)
    return Rule(code=code, when=when or known, then=then, wording="Because")


def test_a_lenders_own_rules_come_after_the_standard_ones_and_declines_before_referrals() -> None:
    policy = Policy(rules=(rule("looked_at", Verdict.REFER), rule("refused", Verdict.DECLINE, fact="country")))
    decision = underwrite(policy, replace(FACTS, report=replace(FACTS.report, score=500)))
    assert decision.reasons == ("score_too_low", "refused", "looked_at")


def test_a_rule_with_a_standard_code_takes_its_place() -> None:
    seventy = Condition(fact="age", operator=Operator.ABOVE, value=70)
    policy = Policy(rules=(rule("under_age", Verdict.DECLINE, when=seventy),), min_age=100)
    assert underwrite(policy, FACTS).verdict is Verdict.APPROVE


def test_a_standard_rule_can_be_left_out() -> None:
    facts = replace(FACTS, report=replace(FACTS.report, score=None))
    assert underwrite(Policy(), facts).reasons == ("no_credit_file",)
    assert underwrite(Policy(without=("no_credit_file",)), facts).verdict is Verdict.APPROVE


@pytest.mark.parametrize(
    ("second", "field"),
    [
        (rule("one", Verdict.REFER, fact="country"), "rules.1.code"),
        (rule("two", Verdict.DECLINE), "rules.1.then"),
    ],
)
def test_rules_that_contradict_each_other_are_refused(second: Rule, field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Policy(rules=(rule("one", Verdict.REFER), second))
    assert refusal.value.field == field


def test_every_fact_of_the_catalogue_is_told_when_it_is_known() -> None:
    facts = replace(FACTS, grade="A", report=replace(FACTS.report, flags=("bankruptcy",)))
    assert set(facts.known()) == set(KNOWN_FACTS)
    assert facts.known()["debt_to_income"] == Decimal(18)  # 400.00 and 500.00 of 5,000.00


@pytest.mark.parametrize(
    ("terms", "amount", "a_month"),
    [
        ({}, 1_200_00, 106_62),  # the annuity of 12 % over 12 months
        ({"annual_rate": Decimal(0), "balloon_percent": Decimal(40)}, 1_200_00, 60_00),  # 720 / 12, the balloon aside
        ({"annual_rate": Decimal(0), "unit": PeriodUnit.YEARS}, 1_200_00, 8_33),  # 100 a year
        ({"annual_rate": Decimal(0), "unit": PeriodUnit.WEEKS, "every": 2}, 1_200_00, 216_67),  # 100 × 26 / 12
        ({"annual_rate": Decimal(0), "kind": ScheduleKind.BULLET}, 1_200_00, 100_00),  # put aside over the year
        ({"annual_rate": Decimal(0), "unit": PeriodUnit.DAYS, "installments": 2}, 20_00, 20_00),  # all there is
    ],
)
def test_a_payment_is_measured_by_the_month(terms: dict[str, Any], amount: int, a_month: int) -> None:
    lent = replace(Terms(currency="USD", installments=12, annual_rate=Decimal(12)), **terms)
    assert monthly_payment(lent, hypothetical(lent, amount, date(2026, 1, 1)).installments) == a_month
