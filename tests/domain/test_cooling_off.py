"""A loan given back in its cooling-off period: principal, interest to the day, and no charge."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain import errors
from domain.commands import AcceptOffer, AddCharge, ReverseTransaction, Waive, WithdrawFromCredit
from domain.conventions import DayCount, PayoffInterest, PeriodUnit, ScheduleKind
from domain.evidence import PayoutOutcome
from domain.ledger import Account
from domain.loan import Loan
from domain.money import Money, round_half_even
from domain.product import LateFee, LoanProduct, Servicing
from domain.status import LoanStatus
from domain.terms import Terms
from domain.transaction import Component
from tests.domain.lives import NOON, after, applied, asked, journal, pay, resolve, status, underwritten
from tests.fakes import product

BY_DAYS = replace(product().terms, day_count=DayCount.ACT_365F)


def running(terms: Terms | None = None, days: int = 14) -> Loan:
    loan = applied()
    plain: LoanProduct = product(cooling_off_days=days)
    loan.product = replace(plain, terms=terms or BY_DAYS)
    underwritten(loan)
    assert loan.offer is not None
    loan.accept(AcceptOffer(**asked(offer_digest=loan.offer.digest)), NOON)  # type: ignore[arg-type]
    resolve(loan, PayoutOutcome.SETTLED)
    return loan


def earned(minor: int) -> dict[Account, int]:
    """What the journal shows of a loan that is over: interest, come in as cash, and nothing else."""
    return {Account.CASH: minor, Account.INTEREST_INCOME: -minor} if minor else {}


def withdraw(loan: Loan, days: int) -> None:
    loan.withdraw_from_credit(WithdrawFromCredit(**asked()), after(days))  # type: ignore[arg-type]


def charge(loan: Loan, minor: int, days: int) -> None:
    amount = Money(minor, "USD")
    command = AddCharge(**asked(component=Component.FEE, amount=amount, reason="for the account"))  # type: ignore[arg-type]
    loan.charge(command, after(days))


def lawful(days: int) -> int:
    """Article 14 (3) (b): the capital, and interest at the borrowing rate from the drawdown to the day of repayment."""
    return 1_200_00 + interest((1_200_00, days))


def interest(*lent: tuple[int, int]) -> int:
    """At 12 percent, over 365ths of a year, of amounts that were lent for so many days."""
    return round_half_even(Decimal(sum(amount * 12 * days for amount, days in lent)) / (100 * 365))


@pytest.mark.parametrize("back_after", [0, 1, 10, 14, 29])
def test_who_withdraws_owes_the_principal_and_interest_to_the_day(back_after: int) -> None:
    loan = running()
    withdraw(loan, min(back_after, 10))
    assert loan.payoff_on(after(back_after).date()).payoff == lawful(back_after)
    pay(loan, lawful(back_after), after(back_after))
    assert (status(loan), loan.closure) == (LoanStatus.CLOSED, "withdrawn")
    assert journal(loan) == earned(interest((1_200_00, back_after)))


@pytest.mark.parametrize(
    "changes",
    [
        {"payoff_interest": PayoffInterest.TO_THE_DUE_DATE},
        {"payoff_interest": PayoffInterest.SCHEDULED},
        {"kind": ScheduleKind.EQUAL_PRINCIPAL},
        {"kind": ScheduleKind.INTEREST_ONLY},
    ],
)
def test_the_law_says_what_is_owed_whatever_a_payoff_costs_otherwise(changes: dict[str, object]) -> None:
    loan = running(replace(BY_DAYS, **changes))  # type: ignore[arg-type]
    withdraw(loan, 5)
    pay(loan, lawful(12), after(12))
    assert (status(loan), loan.closure) == (LoanStatus.CLOSED, "withdrawn")
    assert journal(loan) == earned(interest((1_200_00, 12)))


def test_a_charge_is_undone_and_what_was_paid_of_it_counts_towards_the_rest() -> None:
    loan = running()
    charge(loan, 30_00, 1)
    pay(loan, 30_00, after(2))
    withdraw(loan, 10)
    owed = 1_170_00 + interest((1_200_00, 2), (1_170_00, 8))
    assert loan.payoff_on(after(10).date()).payoff == owed
    pay(loan, owed, after(10))
    assert status(loan) is LoanStatus.CLOSED
    assert journal(loan) == earned(owed - 1_170_00)


@pytest.mark.parametrize("waived", [0, 4_00, 10_00])
def test_a_late_fee_on_a_charge_and_what_was_waived_of_it_go_with_it(waived: int) -> None:
    loan = running(replace(BY_DAYS, unit=PeriodUnit.DAYS, every=7, installments=1))
    loan.product = replace(loan.product, servicing=Servicing(late_fee=LateFee(amount=25_00, grace_days=1)))
    charge(loan, 10_00, 8)
    if waived:
        amount = Money(waived, "USD")
        given_up = asked(component=Component.FEE, amount=amount, installment=2, reason="goodwill")
        loan.waive(Waive(**given_up), after(9))  # type: ignore[arg-type]
    withdraw(loan, 11)
    assert loan.position.payoff == lawful(11)
    pay(loan, lawful(11), after(11))
    assert (loan.status, journal(loan)) == (LoanStatus.CLOSED, earned(interest((1_200_00, 11))))


def test_nothing_is_charged_after_a_withdrawal() -> None:
    loan = running()
    withdraw(loan, 1)
    with pytest.raises(errors.NotAllowedNow, match="withdrawn"):
        charge(loan, 30_00, 2)


def test_the_right_ends_by_its_timer_on_the_day_the_product_says() -> None:
    loan = running()
    assert [(m.kind, m.on) for m in loan.next_milestones()] == [("cooling_off_ends", date(2026, 1, 16))]
    withdraw(running(), 14)
    with pytest.raises(errors.NotAllowedNow, match="2026-01-15 was the last day"):
        withdraw(loan, 15)
    assert "cooling_off_ended" in {fact.name for fact in loan.facts}
    assert [m.kind for m in loan.next_milestones()] == ["reminder"]


def test_a_milestone_before_the_end_of_the_right_comes_first_and_one_with_it_comes_too() -> None:
    for days, first in ((40, ["reminder"]), (27, ["cooling_off_ends", "reminder"])):
        loan = running(days=days)
        assert [m.kind for m in loan.next_milestones()] == first


def test_money_that_does_not_come_back_in_thirty_days_lets_the_loan_go_on() -> None:
    loan = running()
    withdraw(loan, 10)
    assert [(m.kind, m.on) for m in loan.next_milestones()] == [("withdrawal_lapses", date(2026, 2, 11))]
    loan.pass_milestones("engine", after(40))
    assert loan.withdrawn
    loan.pass_milestones("engine", after(41))
    assert (status(loan), loan.withdrawn) == (LoanStatus.ACTIVE, False)
    assert loan.facts[-1].name == "withdrawal_lapsed"
    assert [m.kind for m in loan.next_milestones()] == ["reminder"]
    with pytest.raises(errors.NotAllowedNow, match="before"):
        withdraw(loan, 41)
    pay(loan, loan.position.payoff, after(41))
    assert (status(loan), loan.closure) == (LoanStatus.CLOSED, "paid")


def test_no_installment_is_asked_for_while_the_money_is_on_its_way_back() -> None:
    loan = running()
    withdraw(loan, 14)
    told = len(loan.facts)
    loan.pass_milestones("engine", after(44))
    assert [fact.name for fact in loan.facts[told:]] == []


def test_money_that_bounces_brings_the_withdrawal_back_to_life() -> None:
    loan = running()
    withdraw(loan, 10)
    pay(loan, lawful(12), after(12))
    number = len(loan.transactions)
    loan.reverse(ReverseTransaction(**asked(transaction=number, reason="it bounced")), after(14))  # type: ignore[arg-type]
    assert (status(loan), loan.withdrawn) == (LoanStatus.ACTIVE, True)
    pay(loan, lawful(15), after(15))
    assert (status(loan), loan.closure) == (LoanStatus.CLOSED, "withdrawn")


def test_money_that_bounces_after_its_day_charges_nothing_for_the_days_between() -> None:
    loan = running()
    loan.product = replace(loan.product, servicing=Servicing(late_fee=LateFee(amount=25_00, grace_days=5)))
    withdraw(loan, 8)
    back = pay(loan, 1_300_00, after(20))
    loan.reverse(ReverseTransaction(**asked(transaction=back.transaction, reason="bounced")), after(100))  # type: ignore[arg-type]
    loan.facts.clear()
    loan.pass_milestones("engine", after(100))
    assert [fact.name for fact in loan.facts] == ["withdrawal_lapsed"]


def test_without_a_cooling_off_period_nobody_withdraws() -> None:
    loan = running(days=0)
    assert [m.kind for m in loan.next_milestones()] == ["reminder"]
    with pytest.raises(errors.NotAllowedNow, match="no cooling-off period"):
        withdraw(loan, 0)


def test_a_withdrawal_that_leaves_nothing_owed_ends_the_loan() -> None:
    loan = running()
    charge(loan, 30_00, 1)
    pay(loan, 1_210_00, after(1))
    assert status(loan) is LoanStatus.ACTIVE
    withdraw(loan, 1)
    assert (status(loan), loan.closure) == (LoanStatus.CLOSED, "withdrawn")
    assert loan.position.credit == 1_210_00 - lawful(1)
