"""Who acts: applicants, officers, operators, admins, and the engine itself."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    APPLICANT = "applicant"
    OFFICER = "officer"
    OPERATOR = "operator"
    ADMIN = "admin"


OPERATIONS = "operations"  # the queue of those who find out what became of money
APPLICANT = "applicant"  # who is asked for information
ENGINE = "engine"  # the actor of what happens by itself: a timer, a policy, a provider's answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """`level` counts from 1 in the product's authority matrix; 0 approves nothing. `customer_id`: a customer, too.

    `acts_for` are those who delegated their authority to the officer for the day."""

    id: str
    level: int
    customer_id: str | None = None
    acts_for: tuple["Officer", ...] = ()
