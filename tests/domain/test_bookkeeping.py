"""Accounting periods, and money that names no loan."""

from datetime import UTC, date, datetime

import pytest

from domain.commands import MakePayment
from domain.errors import AlreadyClosed, InvalidValue
from domain.ledger import Account, Posting
from domain.money import Money
from domain.periods import ALWAYS_OPEN, ClosedPeriod
from domain.receipts import UnidentifiedReceipt

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)


def closed(through: date) -> ClosedPeriod:
    return ClosedPeriod(through=through, closed_by="admin", reason="reported", closed_at=NOON)


@pytest.mark.parametrize("through", [date(2026, 2, 27), date(2026, 3, 31), date(2026, 3, 14)])
def test_a_period_ends_with_a_month_that_is_over(through: date) -> None:
    with pytest.raises(InvalidValue, match="through"):
        closed(through)


def test_a_period_is_closed_once() -> None:
    closed(date(2026, 2, 28)).follows(ALWAYS_OPEN)
    closed(date(2026, 2, 28)).follows(date(2026, 2, 1))
    for open_from in (date(2026, 3, 1), date(2026, 4, 1)):
        with pytest.raises(AlreadyClosed):
            closed(date(2026, 2, 28)).follows(open_from)


def receipt(minor: int = 40_00, received_on: date = date(2026, 3, 10)) -> UnidentifiedReceipt:
    return UnidentifiedReceipt(id="r", amount=Money(minor, "USD"), received_on=received_on, reference="line 4")


def payment(minor: int = 40_00, effective_date: date | None = date(2026, 3, 10)) -> MakePayment:
    return MakePayment(
        operation_id="o",
        loan_id="1",
        actor="operator",
        amount=Money(minor, "USD"),
        effective_date=effective_date,
        receipt_id="r",
    )


def test_parked_money_is_owed_to_somebody_until_it_is_matched_or_returned() -> None:
    parked, back = receipt().received(NOON, ALWAYS_OPEN), receipt().returned(NOON, ALWAYS_OPEN)
    assert parked.postings == (Posting(Account.UNIDENTIFIED_RECEIPTS, Account.CASH, 40_00),)
    assert back.postings == (Posting(Account.CASH, Account.UNIDENTIFIED_RECEIPTS, 40_00),)
    assert (parked.effective_date, back.effective_date) == (date(2026, 3, 10), date(2026, 3, 15))


def test_matched_money_is_released_on_the_day_of_the_payment_or_the_first_open_day() -> None:
    assert receipt().matched(payment(), NOON, ALWAYS_OPEN).effective_date == date(2026, 3, 10)
    assert receipt().matched(payment(), NOON, date(2026, 3, 12)).effective_date == date(2026, 3, 12)


def test_a_payment_is_the_whole_receipt_from_its_day() -> None:
    for other in (payment(39_99), payment(effective_date=date(2026, 3, 11)), payment(effective_date=None)):
        with pytest.raises(InvalidValue):
            receipt().matched(other, NOON, ALWAYS_OPEN)


def test_what_is_parked_is_money_that_has_come() -> None:
    with pytest.raises(InvalidValue, match="more than nothing"):
        receipt(0)
    with pytest.raises(InvalidValue, match="future"):
        receipt(received_on=date(2026, 3, 17)).received(NOON, ALWAYS_OPEN)
