"""What a borrower is told of a refusal."""

from domain.adverse_action import principal_reasons
from domain.policy import Policy
from domain.rules import Condition, Operator, Rule, Verdict
from domain.underwriting import Decision


def declined(*reasons: str) -> Decision:
    return Decision(verdict=Verdict.DECLINE, reasons=reasons)


def test_reasons_are_told_in_words_and_in_order() -> None:
    told = principal_reasons(Policy(), declined("score_too_low", "debt_to_income_too_high", "no_credit_file"))
    assert told == ("Poor credit performance", "Excessive obligations in relation to income")


def test_no_more_than_four_reasons_are_told() -> None:
    codes = ("under_age", "fraud_flag", "score_too_low", "no_income", "debt_to_income_too_high")
    assert len(principal_reasons(Policy(), declined(*codes))) == 4


def test_a_wording_is_told_once() -> None:
    again = Rule(
        code="worse",
        when=Condition(fact="score", operator=Operator.BELOW, value=300),
        then=Verdict.DECLINE,
        wording="Poor credit performance",
    )
    told = principal_reasons(Policy(rules=(again,)), declined("score_too_low", "worse"))
    assert told == ("Poor credit performance",)


def test_an_officer_who_declines_has_the_reasons_of_the_referral() -> None:
    referred = Decision(verdict=Verdict.REFER, reasons=("no_credit_file", "score_needs_person"))
    assert principal_reasons(Policy(), referred) == ("No credit file", "Limited credit experience")
