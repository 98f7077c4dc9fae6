"""Where a loan stands between an application and its closure.

An application is `verifying` while providers are asked; then policy declines, refers or offers in one step. `accepted`
is an accepted offer whose payout failed: it waits for a retry or for its deadline. `charged_off` is a loss in the books
and a claim all the same: what still comes in is recovery.
"""

from enum import StrEnum


class LoanStatus(StrEnum):
    VERIFYING = "verifying"
    REFERRED = "referred"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DISBURSING = "disbursing"
    ACTIVE = "active"
    CHARGED_OFF = "charged_off"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CLOSED = "closed"

    @property
    def final(self) -> bool:
        """Nothing can happen to the loan any more."""
        return self in _FINAL


_FINAL = frozenset(
    {LoanStatus.DECLINED, LoanStatus.WITHDRAWN, LoanStatus.EXPIRED, LoanStatus.CANCELLED, LoanStatus.CLOSED}
)
