"""A preview says what would happen, and nothing happens."""

from copy import deepcopy

import pytest

from domain import errors
from domain.commands import AddCharge, ChargeOff, MakePayment, RefundCredit, ReverseTransaction, Waive
from domain.ledger import Account
from domain.money import Money
from domain.preview import preview
from domain.status import LoanStatus
from domain.transaction import Component
from tests.domain.lives import active, after, asked, pay


def payment(minor: int) -> MakePayment:
    return MakePayment(**asked(amount=Money(minor, "USD")))  # type: ignore[arg-type]


def test_a_preview_changes_nothing() -> None:
    loan = active()
    untouched = deepcopy(loan)
    preview(loan, payment(100_00), after(40))
    assert vars(loan) == vars(untouched) | {"_positions": loan._positions}


def test_a_previewed_payment_shows_the_rows_the_balances_and_the_postings_that_follow() -> None:
    loan = active()
    seen = preview(loan, payment(106_62), after(31))
    paid = [change for change in seen.rows if change.after and change.after.paid > 0]
    assert [change.after.number for change in paid if change.after] == [1]
    pay(loan, 106_62, after(31))
    assert seen.entries == tuple(loan.entries[-len(seen.entries) :])
    assert seen.after.payoff == loan.position.payoff
    assert seen.before.balances["principal"] == 1_200_00
    assert seen.before.balances["interest"] == 12_00
    assert seen.after.balances["interest"] == 0


def test_a_previewed_payoff_closes_the_loan() -> None:
    seen = preview(active(), payment(1_300_00), after(10))
    assert (seen.before.status, seen.after.status) == (LoanStatus.ACTIVE, LoanStatus.CLOSED)
    assert seen.after.payoff == 0
    assert seen.after.balances["credit"] > 0


def test_every_correction_has_a_preview() -> None:
    loan = active()
    receipt = pay(loan, 50_00, after(10))
    money, why = Money(5_00, "USD"), {"reason": "because"}
    commands = {
        Account.CASH: ReverseTransaction(**asked(transaction=receipt.transaction, **why)),  # type: ignore[arg-type]
        Account.FEES_RECEIVABLE: AddCharge(**asked(component=Component.FEE, amount=money, **why)),  # type: ignore[arg-type]
        Account.CONCESSIONS: Waive(**asked(component=Component.INTEREST, amount=money, **why)),  # type: ignore[arg-type]
        Account.CREDIT_LOSSES: ChargeOff(**asked(**why)),  # type: ignore[arg-type]
    }
    for account, command in commands.items():
        entry = preview(loan, command, after(20)).entries[-1]
        assert account in {side for posting in entry.postings for side in (posting.source, posting.destination)}


def test_a_preview_is_refused_as_the_command_would_be() -> None:
    loan = active()
    with pytest.raises(errors.InvalidValue, match="credit is"):
        preview(loan, RefundCredit(**asked(amount=Money(1, "USD"), reason="asked")), after(1))  # type: ignore[arg-type]
    with pytest.raises(errors.UnknownTransaction):
        preview(loan, ReverseTransaction(**asked(transaction=99, reason="bounced")), after(1))  # type: ignore[arg-type]
