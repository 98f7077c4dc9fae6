"""A referred application in officers' hands: assigned, asked about, escalated, decided."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain import errors
from domain.commands import AcceptOffer, Assign, Decide, GiveInformation, OfficerVerdict, RenewOffer
from domain.delegation import Delegation
from domain.loan import Loan
from domain.money import Money
from domain.offer import Choice
from domain.people import APPLICANT, Officer
from domain.pricing import Grade, Price, PriceGrid
from domain.product import Authority, GradeLimits, LoanProduct
from domain.referral import after_business_days
from domain.status import LoanStatus
from tests.domain.lives import ADULT, NOON, SENIOR, after, applied, asked, decide, status, underwritten
from tests.fakes import product

JUNIOR = Officer(id="junior", level=1)


def referred(amount: int = 1_200_00, **changes: object) -> Loan:
    loan = applied(amount)
    loan.product = product(**changes)
    return underwritten(loan, score=620)


def ask(loan: Loan, question: str | None = "Since when do you work there?", days: int = 0) -> None:
    command = Decide(**asked(verdict=OfficerVerdict.REQUEST_INFORMATION, reason=question))  # type: ignore[arg-type]
    loan.decide(command, SENIOR, ADULT, after(days))


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
        referred().decide(command, Officer(id="me", level=2, customer_id="customer-1"), ADULT, NOON)
    with pytest.raises(errors.BeyondAuthority):
        referred().decide(command, Officer(id="clerk", level=0), ADULT, NOON)


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


# --- delegation ----------------------------------------------------------------------------------------------------

BOSS = Officer(id="boss", level=2)
DEPUTY = Officer(id="deputy", level=1, acts_for=(BOSS,))


def approve(loan: Loan, officer: Officer, **terms: object) -> None:
    command = Decide(**asked(verdict=OfficerVerdict.APPROVE, **terms))  # type: ignore[arg-type]
    loan.decide(command, officer, ADULT, NOON)


def large() -> Loan:
    return underwritten(applied(30_000_00, 60), score=620)


def test_a_deputy_decides_as_much_as_who_they_act_for_and_the_record_says_so() -> None:
    loan = underwritten(applied(15_000_00, 36), score=620)
    with pytest.raises(errors.BeyondAuthority):
        approve(loan, replace(DEPUTY, acts_for=()))
    approve(loan, DEPUTY)
    assert status(loan) is LoanStatus.OFFERED
    assert loan.approvals[0].on_behalf_of == "boss"
    told = next(fact for fact in loan.facts if fact.name == "application_approved")
    assert (told.actor, told.details["on_behalf_of"]) == ("deputy", "boss")


def test_what_an_officer_may_alone_is_decided_on_nobodys_behalf() -> None:
    loan = referred()
    approve(loan, DEPUTY)
    assert loan.approvals[0].on_behalf_of is None


def test_nobody_decides_on_behalf_of_the_applicant() -> None:
    loan = underwritten(applied(15_000_00, 36), score=620)
    borrower = replace(BOSS, customer_id="customer-1")
    with pytest.raises(errors.OwnApplication):
        approve(loan, replace(DEPUTY, acts_for=(borrower,)))
    approve(loan, replace(DEPUTY, acts_for=(borrower, Officer(id="other", level=2))))
    assert loan.approvals[0].on_behalf_of == "other"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (BOSS, DEPUTY),
        (DEPUTY, BOSS),
        (DEPUTY, Officer(id="other", level=1, acts_for=(BOSS,))),
        (replace(DEPUTY, level=2), BOSS),
        (DEPUTY, DEPUTY),
    ],
)
def test_a_delegate_and_whom_they_act_for_are_one_pair_of_eyes(first: Officer, second: Officer) -> None:
    loan = large()
    approve(loan, first)
    with pytest.raises(errors.BeyondAuthority, match="a second, different officer"):
        approve(loan, second)
    approve(loan, Officer(id="third", level=2))
    assert status(loan) is LoanStatus.OFFERED


def test_two_deputies_with_authority_of_their_own_are_two() -> None:
    loan = large()
    approve(loan, replace(DEPUTY, level=2))
    approve(loan, Officer(id="other", level=2, acts_for=(BOSS,)))
    assert status(loan) is LoanStatus.OFFERED


def test_a_delegation_has_two_people_and_some_days() -> None:
    plain = {"id": "1", "delegator_id": "boss", "delegate_id": "deputy", "first_day": date(2026, 1, 1)}
    Delegation(**plain, last_day=date(2026, 1, 1))  # type: ignore[arg-type]
    for field, changes in (
        ("delegate_id", {"delegate_id": "boss", "last_day": date(2026, 1, 1)}),
        ("last_day", {"last_day": date(2025, 12, 31)}),
        ("last_day", {"last_day": date(2027, 1, 2)}),
    ):
        with pytest.raises(errors.InvalidValue, match=field):
            Delegation(**(plain | changes))  # type: ignore[arg-type]


# --- several offers, and offers made anew --------------------------------------------------------------------------


def usd(minor: int, installments: int) -> Choice:
    return Choice(amount=Money(minor, "USD"), installments=installments)


def test_the_applicant_takes_one_of_several_offers_by_its_digest() -> None:
    loan = referred()
    approve(loan, SENIOR, alternatives=(usd(1_200_00, 24), usd(800_00, 6)))
    assert loan.offer is not None
    assert [(offer.amount.minor, offer.payments) for offer in (loan.offer, *loan.alternatives)] == [
        (1_200_00, 12),
        (1_200_00, 24),
        (800_00, 6),
    ]
    chosen = loan.alternatives[1]
    loan.accept(AcceptOffer(**asked(offer_digest=chosen.digest)), NOON)  # type: ignore[arg-type]
    assert (loan.offer, loan.alternatives) == (chosen, ())
    assert loan.payout is not None
    assert loan.payout.amount == Money(800_00, "USD")


def test_every_alternative_is_within_product_application_and_authority() -> None:
    for choice, refusal in (
        (usd(50_00, 12), errors.OutsideProduct),
        (usd(1_200_00, 361), errors.OutsideProduct),
        (usd(1_200_01, 12), errors.OutsideProduct),
        (usd(1_200_00, 12), errors.InvalidValue),
    ):
        with pytest.raises(refusal):
            approve(referred(), SENIOR, alternatives=(choice,))
    loan = underwritten(applied(15_000_00, 36), score=620)
    with pytest.raises(errors.BeyondAuthority):
        approve(loan, JUNIOR, amount=Money(5_000_00, "USD"), alternatives=(usd(12_000_00, 36),))
    with pytest.raises(errors.InvalidValue, match="more than 4"):
        approve(referred(), SENIOR, alternatives=tuple(usd(1_000_00, 12 + extra) for extra in range(5)))


def test_a_risky_grade_takes_a_higher_officer_for_the_same_amount() -> None:
    prices = PriceGrid(
        grades=(Grade(name="C", from_score=500),),
        prices=(Price(grade="C", from_installments=1, to_installments=480, annual_rate=Decimal(12)),),
    )
    risky = GradeLimits(grade="C", limits=(1_000_00, 50_000_00))
    loan = referred(price_grid=prices, authority=Authority(limits=(10_000_00, 50_000_00), by_grade=(risky,)))
    assert loan.decision is not None
    assert loan.decision.grade == "C"
    with pytest.raises(errors.BeyondAuthority):
        decide(loan, JUNIOR)
    decide(loan, SENIOR)
    assert status(loan) is LoanStatus.OFFERED


def test_what_the_policy_declines_no_officer_approves() -> None:
    loan = underwritten(applied(30_000_00, 60), score=620)
    with pytest.raises(errors.OutsidePolicy, match="payment_to_income_too_high"):
        approve(loan, SENIOR, installments=6)
    assert status(loan) is LoanStatus.REFERRED


def test_two_officers_must_agree_on_the_alternatives_as_well() -> None:
    loan = large()
    approve(loan, SENIOR, alternatives=(usd(30_000_00, 120),))
    approve(loan, BOSS)
    assert status(loan) is LoanStatus.REFERRED
    approve(loan, Officer(id="third", level=2), alternatives=(usd(30_000_00, 120),))
    assert status(loan) is LoanStatus.OFFERED


def renew(loan: Loan, days: int, officer: Officer = SENIOR) -> None:
    loan.renew_offer(RenewOffer(**asked()), officer, after(days))  # type: ignore[arg-type]


def test_an_expired_offer_is_made_anew_under_another_digest() -> None:
    loan = referred()
    approve(loan, SENIOR, alternatives=(usd(800_00, 6),))
    assert loan.offer is not None
    old, others = loan.offer, loan.alternatives
    loan.pass_milestones("engine", after(15))
    assert status(loan) is LoanStatus.EXPIRED
    renew(loan, 20)
    assert (status(loan), loan.closure) == (LoanStatus.OFFERED, None)
    assert loan.offer is not None
    assert loan.offer.expires_on == date(2026, 2, 4)
    assert old.digest not in {loan.offer.digest, loan.alternatives[0].digest}
    assert loan.alternatives[0].amount == others[0].amount
    with pytest.raises(errors.OfferChanged):
        loan.accept(AcceptOffer(**asked(offer_digest=old.digest)), after(20))  # type: ignore[arg-type]


def test_an_offer_is_renewed_by_who_may_and_not_for_ever() -> None:
    loan = referred(15_000_00)
    approve(loan, SENIOR)
    for officer, refusal in (
        (JUNIOR, errors.BeyondAuthority),
        (Officer(id="me", level=2, customer_id="customer-1"), errors.OwnApplication),
    ):
        with pytest.raises(refusal):
            renew(loan, 3, officer)
    renew(loan, 3)
    loan.pass_milestones("engine", after(40))
    with pytest.raises(errors.NotAllowedNow, match="too long ago"):
        renew(loan, 40)


def test_a_referral_that_expired_has_no_offer_to_renew() -> None:
    loan = referred()
    loan.pass_milestones("engine", after(15))
    with pytest.raises(errors.NotAllowedNow):
        renew(loan, 15)
