"""Money that names no loan: parked until somebody knows whose it is, then matched to a loan or returned, once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from domain.commands import MakePayment
from domain.errors import InvalidValue
from domain.ledger import Account, JournalEntry, Posting
from domain.money import Money

# Money names no loan, and so no time zone, yet: it has come when its day has begun anywhere on earth.
EARLIEST = timezone(timedelta(hours=14))


class Resolution(StrEnum):
    MATCHED = "matched"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnidentifiedReceipt:
    """`reference` is what the money came with."""

    id: str
    amount: Money
    received_on: date
    reference: str

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise InvalidValue("amount", "is not more than nothing")

    def received(self, at: datetime, open_from: date) -> JournalEntry:
        """Raises InvalidValue for money that has not come yet."""
        if self.received_on > at.astimezone(EARLIEST).date():
            raise InvalidValue("received_on", "is in the future")
        parked = Posting(Account.UNIDENTIFIED_RECEIPTS, Account.CASH, self.amount.minor)
        return self._entry("parked", parked, max(self.received_on, open_from), at)

    def returned(self, at: datetime, open_from: date) -> JournalEntry:
        return self._entry("returned", self._released, max(at.date(), self.received_on, open_from), at)

    def matched(self, payment: MakePayment, at: datetime, open_from: date) -> JournalEntry:
        """Gives the money free on the day on which the payment books it, so that cash stands still."""
        if payment.amount != self.amount:
            raise InvalidValue("amount", f"is not the receipt's {self.amount}")
        if payment.effective_date != self.received_on:
            raise InvalidValue("effective_date", f"is not the receipt's {self.received_on}")
        return self._entry("matched", self._released, max(self.received_on, open_from), at)

    @property
    def _released(self) -> Posting:
        return Posting(Account.CASH, Account.UNIDENTIFIED_RECEIPTS, self.amount.minor)

    def _entry(self, what: str, posting: Posting, on: date, at: datetime) -> JournalEntry:
        return JournalEntry(memo=f"Receipt {self.id} {what}", effective_date=on, booked_at=at, postings=(posting,))
