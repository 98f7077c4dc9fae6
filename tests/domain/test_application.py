"""From an application to the offer, and its money on the way."""

from datetime import date

import pytest

from domain import errors
from domain.commands import (
    AcceptOffer,
    Cancel,
    RetryPayout,
    Withdraw,
)
from domain.evidence import IdentityOutcome, PayoutOutcome
from domain.ledger import Account
from domain.loan import Loan
from domain.money import Money
from domain.people import Officer
from domain.status import LoanStatus
from tests.domain.lives import (
    NOON,
    SENIOR,
    accepted,
    active,
    after,
    applied,
    asked,
    decide,
    journal,
    offered,
    resolve,
    status,
    underwritten,
)

# --- from application to offer -------------------------------------------------------------------------------------


def test_a_good_application_is_offered_what_was_applied_for() -> None:
    loan = offered()
    assert status(loan) is LoanStatus.OFFERED
    assert loan.offer is not None
    assert loan.offer.amount == Money(1_200_00, "USD")
    assert loan.offer.total_of_payments == Money(1_200_00, "USD") + loan.offer.finance_charge
    assert [fact.name for fact in loan.facts] == [
        "application_submitted",
        "identity_checked",
        "bureau_reported",
        "offer_made",
    ]


@pytest.mark.parametrize(("amount", "installments"), [(99_99, 12), (50_000_01, 12), (1_000_00, 0), (1_000_00, 361)])
def test_what_the_product_does_not_lend_is_refused(amount: int, installments: int) -> None:
    with pytest.raises(errors.OutsideProduct):
        applied(amount, installments)


def test_a_doubtful_score_is_referred_and_expires_when_nobody_decides() -> None:
    loan = underwritten(applied(), score=620)
    assert status(loan) is LoanStatus.REFERRED
    assert [milestone.on for milestone in loan.next_milestones()] == [date(2026, 1, 16)]
    loan.pass_milestones("engine", after(14))
    assert status(loan) is LoanStatus.REFERRED
    loan.pass_milestones("engine", after(15))
    assert status(loan) is LoanStatus.EXPIRED


def test_a_low_score_is_declined_with_its_reasons() -> None:
    loan = underwritten(applied(), score=400, identity=IdentityOutcome.FAILED)
    assert (loan.status, loan.closure) == (LoanStatus.DECLINED, "identity_failed, score_too_low")


def test_an_officer_may_approve_less_but_not_more_than_was_applied_for() -> None:
    loan = underwritten(applied(), score=620)
    with pytest.raises(errors.OutsideProduct, match="more than was applied for"):
        decide(loan, SENIOR, 1_200_01)
    decide(loan, SENIOR, 800_00)
    assert loan.offer is not None
    assert loan.offer.amount == Money(800_00, "USD")


def test_an_officer_of_level_zero_decides_nothing() -> None:
    for verdict in ("approve", "decline"):
        with pytest.raises(errors.BeyondAuthority):
            decide(underwritten(applied(), score=620), Officer(id="clerk", level=0), verdict=verdict)


def test_nobody_decides_their_own_application() -> None:
    with pytest.raises(errors.OwnApplication):
        decide(underwritten(applied(), score=620), Officer(id="me", level=2, customer_id="customer-1"))


def test_two_officers_must_agree_on_the_same_terms() -> None:
    loan = underwritten(applied(30_000_00, 60), score=620)
    decide(loan, SENIOR, 25_000_00)
    decide(loan, Officer(id="second", level=2), 24_000_00)
    assert status(loan) is LoanStatus.REFERRED
    decide(loan, Officer(id="third", level=2), 24_000_00)
    assert status(loan) is LoanStatus.OFFERED


def test_deciding_twice_is_refused() -> None:
    loan = underwritten(applied(), score=620)
    decide(loan, SENIOR, verdict="decline")
    with pytest.raises(errors.AlreadyDecided):
        decide(loan, SENIOR)


def test_what_is_accepted_must_be_what_was_offered_and_in_time() -> None:
    offer = offered().offer
    assert offer is not None
    with pytest.raises(errors.OfferChanged):
        offered().accept(AcceptOffer(**asked(offer_digest="another")), NOON)  # type: ignore[arg-type]
    with pytest.raises(errors.OfferExpired):
        offered().accept(AcceptOffer(**asked(offer_digest=offer.digest)), after(15))  # type: ignore[arg-type]
    offered().accept(AcceptOffer(**asked(offer_digest=offer.digest)), after(14))  # type: ignore[arg-type]


def test_an_offer_differs_in_its_digest_when_anything_in_it_does() -> None:
    first, second = offered().offer, underwritten(applied(1_200_01)).offer
    assert first is not None
    assert second is not None
    assert first.digest != second.digest
    assert first == offered().offer


@pytest.mark.parametrize("reached", [accepted, active])
def test_after_acceptance_it_is_too_late_to_withdraw_or_cancel(reached: object) -> None:
    loan: Loan = reached()  # type: ignore[operator]
    with pytest.raises(errors.NotAllowedNow):
        loan.withdraw(Withdraw(**asked()), NOON)  # type: ignore[arg-type]
    with pytest.raises(errors.NotAllowedNow):
        loan.cancel(Cancel(**asked(reason="a whim")), NOON)  # type: ignore[arg-type]


# --- money out -----------------------------------------------------------------------------------------------------


def test_money_is_in_transit_until_the_rail_says_that_it_arrived() -> None:
    loan = accepted()
    assert journal(loan) == {Account.CASH: -1_200_00, Account.PAYOUTS_IN_TRANSIT: 1_200_00}
    resolve(loan, PayoutOutcome.SETTLED)
    assert journal(loan) == {Account.CASH: -1_200_00, Account.LOAN_PRINCIPAL: 1_200_00}


def test_a_failed_payout_is_undone_in_the_books_and_goes_out_under_another_key() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.FAILED)
    assert journal(loan) == {}
    assert status(loan) is LoanStatus.ACCEPTED
    loan.retry_payout(RetryPayout(**asked()), NOON)  # type: ignore[arg-type]
    assert loan.payout is not None
    assert loan.payout.key == "1-payout-2"


def test_a_second_word_on_a_payout_moves_nothing() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.SETTLED)
    resolve(loan, PayoutOutcome.FAILED)
    assert status(loan) is LoanStatus.ACTIVE
