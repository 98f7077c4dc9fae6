"""The lender's loans taken together: their day is closed in partitions, and then has figures."""

from dataclasses import dataclass
from datetime import date

from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The `number`th (from 0) of `count` equal ranges of loan ids."""

    number: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioFigures:
    """One product's loans in one currency at the end of `day`, as the books knew it when it was closed.

    `outstanding` is principal, `par30` what of it is owed by loans at least 30 days past due. `disbursed` (principal,
    with fees that were deducted from the payout), `collected` (less refunds) and `written_off` are of the journal's
    entries of that day, and of earlier ones that came too late for theirs. A loan that was paid between the day and its
    close is as late as it is then.
    """

    day: date
    product_code: str
    loans: int
    outstanding: Money
    par1: Money
    par30: Money
    par60: Money
    par90: Money
    disbursed: Money
    collected: Money
    written_off: Money
