"""Delegation: an officer's authority in a colleague's hands, for some days. Nothing is handed on to a third."""

from dataclasses import dataclass
from datetime import date

from domain.errors import InvalidValue

MOST_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """`first_day` and `last_day` belong to it; days are UTC's."""

    id: str
    delegator_id: str
    delegate_id: str
    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        if self.delegate_id == self.delegator_id:
            raise InvalidValue("delegate_id", "is whose authority it is")
        if self.last_day < self.first_day:
            raise InvalidValue("last_day", "is before the first day")
        if (self.last_day - self.first_day).days >= MOST_DAYS:
            raise InvalidValue("last_day", "is more than a year after the first day")
