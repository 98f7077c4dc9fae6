"""Facts and policy in; a decision with every reason out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.customer import CustomerDetails
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult
from domain.money import Money
from domain.product import Policy
from domain.underwriting import Applicant, Facts, Reason, Verdict, underwrite

FACTS = Facts(
    applicant=Applicant(date_of_birth=date(1985, 12, 10), country="GB", monthly_income=5_000_00),
    identity=IdentityResult(outcome=IdentityOutcome.PASSED, reference="check"),
    report=BureauReport(reference="report", score=780, currency="USD", monthly_obligations=500_00),
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
