"""Who acts: applicants, officers, operators, admins, and the engine itself."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    APPLICANT = "applicant"
    OFFICER = "officer"
    OPERATOR = "operator"
    ADMIN = "admin"


MAIN_BRANCH = "main"  # through which a loan comes when nobody says otherwise
OPERATIONS = "operations"  # the queue of those who find out what became of money
APPLICANT = "applicant"  # who is asked for information
ENGINE = "engine"  # the actor of what happens by itself: a timer, a policy, a provider's answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """`level` counts from 1 in the product's authority matrix; 0 approves nothing. `customer_id`: a customer, too.

    `acts_for` are those who delegated their authority to the officer for the day. `branches` are those whose loans the
    officer decides; None means all.
    """

    id: str
    level: int
    customer_id: str | None = None
    acts_for: tuple["Officer", ...] = ()
    branches: frozenset[str] | None = None

    def serves(self, branch: str) -> bool:
        return self.branches is None or branch in self.branches
