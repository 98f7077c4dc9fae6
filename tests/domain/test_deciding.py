"""A referred application in officers' hands: assigned, asked about, escalated, decided."""

from dataclasses import replace
from datetime import date

import pytest

from domain import errors
from domain.commands import Assign, Decide, GiveInformation, OfficerVerdict
from domain.loan import Loan
from domain.people import APPLICANT, Officer
from domain.product import Authority, LoanProduct
from domain.referral import after_business_days
from domain.status import LoanStatus
from tests.domain.test_loan import NOON, SENIOR, after, applied, asked, decide, status, underwritten
from tests.fakes import product

JUNIOR = Officer(id="junior", level=1)


def referred(amount: int = 1_200_00, **changes: object) -> Loan:
    loan = applied(amount)
    loan.product = product(**changes)
    return underwritten(loan, score=620)


def ask(loan: Loan, question: str | None = "Since when do you work there?", days: int = 0) -> None:
    command = Decide(**asked(verdict=OfficerVerdict.REQUEST_INFORMATION, reason=question))  # type: ignore[arg-type]
    loan.decide(command, SENIOR, after(days))


def answer(loan: Loan, days: int) -> None:
    loan.give_information(GiveInformation(**asked(answer_digest="a" * 64)), after(days))  # type: ignore[arg-type]


def assign(loan: Loan, officer: Officer | None) -> None:
    loan.assign(Assign(**asked(officer_id=officer.id if officer else None)), officer, NOON)  # type: ignore[arg-type]


# --- requests for information --------------------------------------------------------------------------------------


def test_the_officers_time_stands_still_while_the_applicant_is_asked() -> None:
    loan = referred()
    ask(loan, days=4)
    assert (loan.status, loan.assigned_to) == (LoanStatus.REFERRED, APPLICANT)
    assert loan.waits_until == date(2026, 1, 19)  # the applicant has fourteen days
    answer(loan, days=10)
    assert loan.assigned_to is None
    assert loan.waits_until == date(2026, 1, 21)  # ten days were left
    decide(loan, SENIOR)
    assert status(loan) is LoanStatus.OFFERED


def test_who_never_answers_lets_the_application_expire() -> None:
    loan = referred()
    ask(loan, days=4)
    loan.pass_milestones("engine", after(18))
    assert status(loan) is LoanStatus.REFERRED
    loan.pass_milestones("engine", after(19))
    assert (loan.status, loan.facts[-1].name) == (LoanStatus.EXPIRED, "referral_expired")


def test_an_answer_nobody_waits_for_is_refused() -> None:
    loan = referred()
    with pytest.raises(errors.NotAllowedNow):
        answer(loan, days=1)
    ask(loan)
    answer(loan, days=1)
    with pytest.raises(errors.NotAllowedNow):
        answer(loan, days=1)
    ask(loan)
    with pytest.raises(errors.NotAllowedNow, match="has not answered"):
        ask(loan)


def test_a_question_must_be_one_and_come_from_somebody_who_may_decide() -> None:
    with pytest.raises(errors.InvalidValue, match="reason"):
        ask(referred(), None)
    command = Decide(**asked(verdict=OfficerVerdict.REQUEST_INFORMATION, reason="why?"))  # type: ignore[arg-type]
    with pytest.raises(errors.OwnApplication):
        referred().decide(command, Officer(id="me", level=2, customer_id="customer-1"), NOON)
    with pytest.raises(errors.BeyondAuthority):
        referred().decide(command, Officer(id="clerk", level=0), NOON)


def test_an_officer_may_decide_without_waiting_for_the_answer() -> None:
    loan = referred()
    ask(loan)
    decide(loan, SENIOR, verdict="decline")
    assert (loan.status, loan.assigned_to) == (LoanStatus.DECLINED, None)


# --- assignment ----------------------------------------------------------------------------------------------------


def test_an_application_is_put_into_an_officers_hands_and_back() -> None:
    loan = referred()
    assign(loan, JUNIOR)
    assert loan.assigned_to == "junior"
    assign(loan, None)
    assert loan.assigned_to is None


def test_nobody_gets_their_own_application_and_no_clerk_gets_any() -> None:
    with pytest.raises(errors.OwnApplication):
        assign(referred(), Officer(id="me", level=2, customer_id="customer-1"))
    with pytest.raises(errors.BeyondAuthority):
        assign(referred(), Officer(id="clerk", level=0))


# --- service levels ------------------------------------------------------------------------------------------------


def three_levels(**changes: object) -> LoanProduct:
    return product(authority=Authority(limits=(1_000_00, 2_000_00, 5_000_00)), referral_service_days=2, **changes)


def served(amount: int = 900_00) -> Loan:
    loan = applied(amount)
    loan.product = three_levels()
    return underwritten(loan, score=620)


def test_a_referral_nobody_decides_in_time_goes_up_a_level_at_a_time() -> None:
    loan = served()
    assign(loan, JUNIOR)
    assert [(m.kind, m.on) for m in loan.next_milestones()] == [("referral_escalates", date(2026, 1, 4))]
    loan.pass_milestones("engine", after(3))
    assert loan.assigned_to == "level-2"
    loan.pass_milestones("engine", after(6))
    assert loan.assigned_to == "level-3"
    assert [(m.kind, m.on) for m in loan.next_milestones()] == [("referral_expires", date(2026, 1, 16))]
    assert [fact.details for fact in loan.facts if fact.name == "referral_escalated"] == [
        {"level": "2"},
        {"level": "3"},
    ]


def test_the_lowest_level_that_can_decide_begins() -> None:
    loan = served(1_500_00)
    loan.pass_milestones("engine", after(3))
    assert loan.assigned_to == "level-3"


def test_no_service_level_runs_while_the_applicant_is_asked() -> None:
    loan = served()
    ask(loan)
    loan.pass_milestones("engine", after(10))
    assert loan.assigned_to == APPLICANT
    answer(loan, days=10)
    assert [m.on for m in loan.next_milestones()] == [date(2026, 1, 14)]


def test_days_that_were_missed_come_one_by_one() -> None:
    loan = served()
    loan.pass_milestones("engine", after(40))
    assert [fact.name for fact in loan.facts[-3:]] == ["referral_escalated", "referral_escalated", "referral_expired"]


def test_a_service_level_counts_business_days() -> None:
    terms = replace(product().terms, weekend=(5, 6), holidays=(date(2026, 1, 5),))
    assert after_business_days(terms, date(2026, 1, 2), 2) == date(2026, 1, 7)  # a Friday; Monday is a holiday


def test_a_loan_referred_before_there_were_service_levels_is_decided_as_ever() -> None:
    loan = referred()
    loan.referral = None
    ask(loan)
    answer(loan, days=1)
    decide(loan, SENIOR)
    assert status(loan) is LoanStatus.OFFERED
