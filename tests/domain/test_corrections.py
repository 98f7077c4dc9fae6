"""What is put right on a loan, and how it ends as a loss."""

from copy import deepcopy
from datetime import date, datetime, timedelta

import pytest

from domain import errors
from domain.commands import (
    AcceptOffer,
    AddCharge,
    ChargeOff,
    Decide,
    OfficerVerdict,
    RefundCredit,
    RetryPayout,
    ReverseTransaction,
    Waive,
)
from domain.evidence import PayoutOutcome
from domain.ledger import Account
from domain.loan import Loan
from domain.money import Money
from domain.product import LateFee, LoanProduct, Servicing
from domain.status import LoanStatus
from domain.transaction import Component, TransactionKind
from tests.domain.lives import (
    ADULT,
    NOON,
    SENIOR,
    accepted,
    active,
    after,
    applied,
    asked,
    journal,
    offered,
    pay,
    resolve,
    status,
    underwritten,
)
from tests.fakes import product


def reverse(loan: Loan, transaction: int, at: datetime = NOON) -> None:
    loan.reverse(ReverseTransaction(**asked(transaction=transaction, reason="bounced")), at)  # type: ignore[arg-type]


def waive(loan: Loan, component: Component, minor: int, at: datetime) -> None:
    command = Waive(**asked(component=component, amount=Money(minor, "USD"), reason="goodwill"))  # type: ignore[arg-type]
    loan.waive(command, at)


def test_a_reversed_payment_leaves_the_books_as_if_it_had_never_been() -> None:
    untouched, corrected = active(), active()
    receipt = pay(corrected, 106_62, after(10))
    reverse(corrected, receipt.transaction, after(20))
    untouched.pass_milestones("engine", after(20))
    assert corrected.position == untouched.position
    corrected.pass_milestones("engine", after(31))
    untouched.pass_milestones("engine", after(31))
    assert journal(corrected) == journal(untouched)


def test_what_was_reversed_or_never_was_or_is_no_payment_is_not_reversed() -> None:
    loan = active()
    receipt = pay(loan, 50_00, after(10))
    reverse(loan, receipt.transaction, after(11))
    with pytest.raises(errors.AlreadyReversed):
        reverse(loan, receipt.transaction, after(12))
    with pytest.raises(errors.UnknownTransaction):
        reverse(loan, 99, after(12))
    with pytest.raises(errors.NotAllowedNow, match="disbursement"):
        reverse(loan, 2, after(12))


def test_reversing_the_payment_that_closed_a_loan_brings_it_back_to_life() -> None:
    loan = active()
    receipt = pay(loan, loan.position.payoff, after(10))
    reverse(loan, receipt.transaction, after(40))
    assert status(loan) is LoanStatus.ACTIVE
    assert loan.bucket == "1-29"
    assert loan.next_milestones()


def test_a_waiver_gives_up_what_is_owed_and_no_more() -> None:
    loan = active()
    loan.pass_milestones("engine", after(40))
    with pytest.raises(errors.InvalidValue, match=r"only 25\.00 USD"):
        waive(loan, Component.PENALTY, 25_01, after(40))
    waive(loan, Component.PENALTY, 25_00, after(40))
    assert loan.booked.penalties_waived == 25_00
    assert journal(loan)[Account.CONCESSIONS] == 25_00
    with pytest.raises(errors.InvalidValue, match="principal"):
        waive(loan, Component.PRINCIPAL, 1, after(40))


def test_a_charge_is_owed_from_its_day_and_can_be_reversed() -> None:
    loan = active()
    owed = loan.position.payoff
    charge = AddCharge(**asked(component=Component.FEE, amount=Money(15_00, "USD"), reason="copy of contract"))  # type: ignore[arg-type]
    loan.charge(charge, NOON)
    assert loan.position.payoff == owed + 15_00
    reverse(loan, loan.transactions[-1].number)
    assert loan.position.payoff == owed


def late(days: int, due: date | None = None) -> Loan:
    """A loan of one installment that charges late fees, and a fee on it, charged after so many days."""
    loan = active_of(product(servicing=Servicing(late_fee=LateFee(amount=25_00, grace_days=2))))
    charge(loan, 10_00, after(days), due)
    return loan


def active_of(lent: LoanProduct) -> Loan:
    loan = applied(installments=1)
    loan.product = lent
    underwritten(loan)
    assert loan.offer is not None
    loan.accept(AcceptOffer(**asked(offer_digest=loan.offer.digest)), NOON)  # type: ignore[arg-type]
    resolve(loan, PayoutOutcome.SETTLED)
    return loan


def charge(loan: Loan, minor: int, at: datetime, due: date | None = None) -> None:
    amount = Money(minor, "USD")
    command = AddCharge(**asked(component=Component.FEE, amount=amount, reason="a copy", due_date=due))  # type: ignore[arg-type]
    loan.charge(command, at)


def test_a_charge_beyond_the_last_installment_is_not_due_before_it_was_made() -> None:
    with pytest.raises(errors.InvalidValue, match="after the last installment"):
        late(50, due=NOON.date() + timedelta(days=40))
    loan = late(50, due=NOON.date() + timedelta(days=50))
    loan.pass_milestones("engine", after(100))
    assert [fact.details["installment"] for fact in loan.facts if fact.name == "late_fee_charged"] == ["1", "2"]


def test_a_charge_that_a_late_fee_stands_on_is_reversed_after_it() -> None:
    loan = late(50)
    loan.pass_milestones("engine", after(60))
    fee = next(one.number for one in loan.transactions if one.kind is TransactionKind.FEE)
    of_its_row = next(one.number for one in loan.transactions if one.installment == 2)
    with pytest.raises(errors.BookedSince, match="reverse that first"):
        reverse(deepcopy(loan), fee, after(60))
    reverse(loan, of_its_row, after(60))
    reverse(loan, fee, after(60))
    assert len(loan.position.installments) == 1


def test_credit_is_refunded_up_to_what_there_is_also_of_a_closed_loan() -> None:
    loan = active()
    loan.pass_milestones("engine", after(10))
    pay(loan, loan.position.payoff + 7_00, after(10))
    with pytest.raises(errors.InvalidValue, match=r"7\.00 USD"):
        loan.refund_credit(RefundCredit(**asked(amount=Money(7_01, "USD"), reason="asked")), after(10))  # type: ignore[arg-type]
    loan.refund_credit(RefundCredit(**asked(amount=Money(7_00, "USD"), reason="asked")), after(10))  # type: ignore[arg-type]
    assert Account.CUSTOMER_CREDIT not in journal(loan)
    assert status(loan) is LoanStatus.CLOSED


def test_reversing_a_payment_whose_credit_was_refunded_makes_the_refund_owed() -> None:
    loan = active()
    receipt = pay(loan, loan.position.payoff + 7_00, after(0))
    loan.refund_credit(RefundCredit(**asked(amount=Money(7_00, "USD"), reason="asked")), NOON)  # type: ignore[arg-type]
    reverse(loan, receipt.transaction)
    assert (status(loan), loan.position.credit) == (LoanStatus.ACTIVE, 0)
    assert loan.position.payoff == 1_207_00
    assert journal(loan) == {Account.CASH: -1_207_00, Account.LOAN_PRINCIPAL: 1_207_00}


def test_what_belongs_into_a_closed_period_is_booked_on_the_first_open_day() -> None:
    loan = active()
    loan.open_from = date(2026, 3, 1)
    receipt = pay(loan, 106_62, after(65), effective=date(2026, 2, 1))
    assert receipt.effective_date == loan.transactions[-1].effective_date == date(2026, 2, 1)
    assert loan.position.installments[0].outstanding == 25_00  # the late fee, which was charged before
    assert min(entry.effective_date for entry in loan.entries[2:]) == date(2026, 3, 1)
    assert loan.entries[-1].effective_date == date(2026, 3, 1)
    pay(loan, 5_00, after(66))
    assert loan.entries[-1].effective_date == date(2026, 3, 8)


def test_a_payoff_is_quoted_for_a_day_on_which_the_loan_runs() -> None:
    loan = active()
    assert loan.payoff_on(date(2026, 2, 1)).payoff > loan.payoff_on(date(2026, 1, 1)).payoff == 1_200_00
    with pytest.raises(errors.InvalidValue, match="before the loan was disbursed"):
        loan.payoff_on(date(2025, 12, 31))
    with pytest.raises(errors.NotAllowedNow):
        offered().payoff_on(date(2026, 2, 1))


def test_a_charge_off_is_a_loss_the_claim_stays_and_later_money_is_recovery() -> None:
    loan = active()
    loan.pass_milestones("engine", after(40))
    owed = loan.position.payoff
    loan.charge_off(ChargeOff(**asked(reason="gone abroad")), after(40))  # type: ignore[arg-type]
    assert status(loan) is LoanStatus.CHARGED_OFF
    assert journal(loan)[Account.CREDIT_LOSSES] == owed
    assert loan.next_milestones() == []
    pay(loan, 100_00, after(50))
    assert journal(loan)[Account.RECOVERIES] == -100_00
    pay(loan, loan.position.payoff, after(60))
    assert status(loan) is LoanStatus.CLOSED


def test_a_recovery_that_bounces_leaves_the_loss_a_loss() -> None:
    loan = active()
    loan.charge_off(ChargeOff(**asked(reason="gone abroad")), after(40))  # type: ignore[arg-type]
    recovery = pay(loan, loan.position.payoff, after(50))
    assert status(loan) is LoanStatus.CLOSED
    reverse(loan, recovery.transaction, after(60))
    assert status(loan) is LoanStatus.CHARGED_OFF
    with pytest.raises(errors.NotAllowedNow):
        loan.charge_off(ChargeOff(**asked(reason="again")), after(61))  # type: ignore[arg-type]


def test_what_has_expired_is_over_though_its_timer_be_late() -> None:
    late = underwritten(applied(), score=620)
    with pytest.raises(errors.NotAllowedNow, match="last day"):
        late.decide(Decide(**asked(verdict=OfficerVerdict.APPROVE)), SENIOR, ADULT, after(15))  # type: ignore[arg-type]
    unpaid = accepted()
    resolve(unpaid, PayoutOutcome.FAILED)
    with pytest.raises(errors.NotAllowedNow, match="last day"):
        unpaid.retry_payout(RetryPayout(**asked()), after(8))  # type: ignore[arg-type]


def test_the_products_day_charges_off_a_loan_by_itself() -> None:
    servicing = Servicing(charge_off_days=120)
    loan = active()
    loan.product = product(servicing=servicing)
    loan.pass_milestones("engine", after(31 + 119))
    assert status(loan) is LoanStatus.ACTIVE
    loan.pass_milestones("engine", after(31 + 120))
    assert status(loan) is LoanStatus.CHARGED_OFF
