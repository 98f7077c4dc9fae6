"""Cooling-off: for some days after the payout a loan can be given back (2008/48/EC, article 14)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from domain.conventions import PayoffInterest, ScheduleKind
from domain.milestones import Milestone, MilestoneKind
from domain.schedule import deducted_fee
from domain.terms import Recalculation, Terms
from domain.transaction import Transaction, TransactionKind

RETURN_DAYS = 30  # article 14 (3) (b): to bring the money back, counted from the declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolingOff:
    """The borrower withdrew. What comes back until `return_by` (inclusive) ends the loan; after that the withdrawal has
    `lapsed`, and the loan goes on."""

    declared_on: date
    return_by: date
    lapsed: bool = False


def declared(day: date) -> CoolingOff:
    return CoolingOff(declared_on=day, return_by=day + timedelta(days=RETURN_DAYS))


def without_charges(terms: Terms) -> Terms:
    """What is owed of a loan that is given back: interest at the agreed rate on what was really lent, to the day, and
    nothing for the loan itself or for being late. (Flat interest knows no balance: it counts by the day.)"""
    by_balance = None if terms.kind is ScheduleKind.FLAT else terms.recalculation or Recalculation()
    return replace(
        terms,
        payoff_interest=PayoffInterest.TO_THE_DAY,
        penalty_interest=None,
        recalculation=by_balance,
        origination_fee_amount=0,
        origination_fee_percent=Decimal(0),
        origination_fee_deducted=False,
    )


def without_fees_kept(terms: Terms, facts: Iterable[Transaction]) -> tuple[Transaction, ...]:
    """What really reached the borrower is all that was lent: nobody brings back the fee that was kept."""
    return tuple(
        replace(fact, amount=fact.amount - deducted_fee(terms, fact.amount))
        if fact.kind is TransactionKind.DISBURSEMENT
        else fact
        for fact in facts
    )


def right_ends(last_day: date) -> Milestone:
    label = f"Right to withdraw ends: {last_day} is the last day"
    return Milestone(kind=MilestoneKind.COOLING_OFF_ENDS, on=last_day + timedelta(days=1), label=label)


def withdrawal_lapses(cooling_off: CoolingOff) -> Milestone:
    label = f"Withdrawn: {cooling_off.return_by} is the last day to bring the money back"
    on = cooling_off.return_by + timedelta(days=1)
    return Milestone(kind=MilestoneKind.WITHDRAWAL_LAPSES, on=on, label=label)
