"""The words in which a loan's audit trail is told."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

Json = dict[str, Any]

_SENTENCES: Final = {
    "application_submitted": "applies for {amount} ({product})",
    "identity_checked": "identity check: {outcome}",
    "identity_recheck_ordered": "has the identity checked again: {reason}",
    "bureau_reported": "the credit bureau has answered",
    "application_declined": "declined: {reason}",
    "application_referred": "referred to an officer: {reason}",
    "application_approved": "approves {amount}: {reason}",
    "approval_recorded": "approves {amount}, and a second officer must agree",
    "offer_made": "offer of {amount}, APR {apr}",
    "offer_accepted": "accepts the offer",
    "offer_expired": "the offer has expired",
    "payout_instructed": "payout of {amount} instructed",
    "mandate_given": "may draw what falls due, by mandate {reference}",
    "debit_instructed": "direct debit of {amount} instructed",
    "debit_failed": "the direct debit failed",
    "debit_returned": "the direct debit was returned",
    "payout_failed": "the payout failed ({reason}), and is undone in the books",
    "loan_disbursed": "payout settled: {amount} is with the borrower",
    "payment_reminder": "reminder of installment {installment}",
    "installment_due": "installment {installment} is due",
    "late_fee_charged": "late fee of {amount} for installment {installment}",
    "delinquency_changed": "days past due: from {left} to {entered}",
    "payment_received": "pays {amount}",
    "loan_closed": "closed: {reason}",
}
_AMOUNT: Final = re.compile(r"(\d+\.\d+) ([A-Z]{3})")


@dataclass(frozen=True, slots=True)
class Line:
    """What happened on a day of the loan's own calendar, and by whom."""

    on: date
    who: str
    text: str


def line(fact: Json, names: dict[str, str]) -> Line:
    """A line of the audit trail, as a person tells it. `names` of those who act, by their ids."""
    told = {**fact["details"], "reason": fact["reason"]}
    sentence = _SENTENCES.get(fact["action"], fact["action"].replace("_", " "))
    return Line(day_of(fact), names.get(fact["actor"], "Engine"), readable(sentence.format_map(told)))


def day_of(fact: Json) -> date:
    """The business date of a line of the audit trail, for products whose time zone is UTC: all of the demo's."""
    return date.fromisoformat(fact["at"][:10])


def readable(text: str) -> str:
    """ "9000.00 USD" becomes "$9,000.00", wherever in the text."""
    return _AMOUNT.sub(lambda found: _grouped(found[1], found[2]), text)


def money(told: Json) -> str:
    """An amount of the API as a person writes it."""
    return _grouped(told["amount"], told["currency"])


def _grouped(amount: str, currency: str) -> str:
    sign, digits = ("-" if amount.startswith("-") else ""), f"{abs(Decimal(amount)):,}"
    return f"{sign}${digits}" if currency == "USD" else f"{sign}{digits} {currency}"
