"""Referral: a referred application on its way through officers' hands, and back to the applicant when they ask."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from domain.calendar import is_business_day
from domain.people import APPLICANT
from domain.terms import Terms


class WaitsFor(StrEnum):
    OFFICER = "officer"
    SECOND_OFFICER = "second_officer"
    APPLICANT = "applicant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What an officer asked the applicant. The answer's text is kept elsewhere, under its digest.

    The officers' time stands still while the applicant's runs: `days_left` were left of it when they asked.
    """

    question: str
    asked_by: str
    asked_on: date
    days_left: int
    answered_on: date | None = None
    answer_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """`level` says whose queue it is in: officers of this level and above. `decide_by` is the service level's last day;
    None when there is none, or nobody is left to escalate to. `rechecks` counts the identity checks that officers
    ordered; while `rechecking`, the provider works on the last of them."""

    referred_on: date
    level: int = 1
    assigned_to: str | None = None
    decide_by: date | None = None
    escalations: int = 0
    inquiry: Inquiry | None = None
    rechecks: int = 0
    rechecking: bool = False

    @property
    def open_inquiry(self) -> Inquiry | None:
        """What the applicant has not answered yet."""
        return self.inquiry if self.inquiry and self.inquiry.answered_on is None else None

    @property
    def whose(self) -> str | None:
        """Whom it waits for, for an operator's eyes: the applicant, an officer's id, the level that it was escalated
        to; None while it is in everybody's queue."""
        if self.open_inquiry:
            return APPLICANT
        return self.assigned_to or (f"level-{self.level}" if self.escalations else None)

    def escalated(self, level: int, decide_by: date | None) -> "Referral":
        """Out of the hands that were too slow, into the queue of `level`."""
        return replace(self, level=level, assigned_to=None, decide_by=decide_by, escalations=self.escalations + 1)


def after_business_days(terms: Terms, day: date, count: int) -> date:
    """The `count`th business day after `day`, by the terms' weekend and holidays."""
    while count:
        day += timedelta(days=1)
        count -= is_business_day(terms, day)
    return day
