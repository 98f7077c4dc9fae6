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
    """One product's loans in one currency when `day` was closed.

    `outstanding` is principal, `par30` what of it is owed by loans at least 30 days past due. `disbursed`, `collected`
    (less refunds) and `written_off` are what the journal took in since the close before.
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
