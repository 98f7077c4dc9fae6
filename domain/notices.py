"""Notices: of which facts a product has its borrowers told, and by which of the sender's templates."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import InvalidValue

CURRENT = "current"  # the bucket of a loan with nothing overdue, as `delinquency_changed` names it

TEMPLATE = r"^[A-Za-z0-9._-]{1,64}$"


class NoticeEvent(StrEnum):
    """The facts that a borrower may be told of. What is between the lender and its providers, or among the lender's
    people, is none of them."""

    APPLICATION_SUBMITTED = "application_submitted"
    APPLICATION_REFERRED = "application_referred"
    INFORMATION_REQUESTED = "information_requested"
    APPLICATION_DECLINED = "application_declined"
    APPLICATION_WITHDRAWN = "application_withdrawn"
    REFERRAL_EXPIRED = "referral_expired"
    OFFER_MADE = "offer_made"
    OFFER_RENEWED = "offer_renewed"
    OFFER_EXPIRED = "offer_expired"
    OFFER_ACCEPTED = "offer_accepted"
    LOAN_CANCELLED = "loan_cancelled"
    LOAN_DISBURSED = "loan_disbursed"
    CREDIT_WITHDRAWN = "credit_withdrawn"
    WITHDRAWAL_LAPSED = "withdrawal_lapsed"
    COOLING_OFF_ENDED = "cooling_off_ended"
    MANDATE_GIVEN = "mandate_given"
    MANDATE_REVOKED = "mandate_revoked"
    DEBIT_INSTRUCTED = "debit_instructed"
    DEBIT_FAILED = "debit_failed"
    DEBIT_RETURNED = "debit_returned"
    PAYMENT_REMINDER = "payment_reminder"
    INSTALLMENT_DUE = "installment_due"
    PAYMENT_RECEIVED = "payment_received"
    TRANSACTION_REVERSED = "transaction_reversed"
    CHARGE_ADDED = "charge_added"
    AMOUNT_WAIVED = "amount_waived"
    CREDIT_REFUNDED = "credit_refunded"
    LATE_FEE_CHARGED = "late_fee_charged"
    DELINQUENCY_CHANGED = "delinquency_changed"
    LOAN_CHARGED_OFF = "loan_charged_off"
    LOAN_CLOSED = "loan_closed"
    LOAN_REOPENED = "loan_reopened"


OF_DEBITS = frozenset(event for event in NoticeEvent if event.startswith(("mandate_", "debit_")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Told whenever `event` happens. `template` is the sender's name of the text.

    A `bucket` narrows `delinquency_changed` to the loans that enter it.
    """

    event: NoticeEvent
    template: str
    bucket: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(TEMPLATE, self.template):
            raise InvalidValue("template", "is 1 to 64 letters, digits, dots, hyphens and underscores")
        if self.bucket is not None and self.event is not NoticeEvent.DELINQUENCY_CHANGED:
            raise InvalidValue("bucket", f"is entered by {NoticeEvent.DELINQUENCY_CHANGED} only")


def notice_of(notices: Iterable[Notice], fact: str, details: Mapping[str, str]) -> Notice | None:
    """The one that tells of a fact; of a bucket, its own before the one that is for all."""
    of_fact = {notice.bucket: notice for notice in notices if notice.event == fact}
    return of_fact.get(details.get("entered")) or of_fact.get(None)
