"""Accounting periods: months that are reported, and must stay as they were reported."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.errors import AlreadyClosed, InvalidValue

ALWAYS_OPEN = date.min  # the first open day of books that were never closed


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPeriod:
    """The books are closed for `through` and every day before it."""

    through: date
    closed_by: str
    reason: str
    closed_at: datetime

    def __post_init__(self) -> None:
        if self._next_day.day != 1:
            raise InvalidValue("through", "is not the last day of a month")
        if self.through >= self.closed_at.date():
            raise InvalidValue("through", "is not over yet")

    def follows(self, open_from: date) -> None:
        """Raises AlreadyClosed when the books are open from a later day only."""
        if self.through < open_from:
            raise AlreadyClosed(f"the books are closed until {open_from - timedelta(days=1)}")

    @property
    def _next_day(self) -> date:
        return self.through + timedelta(days=1)
