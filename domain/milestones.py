"""What happens when nothing does: the next calendar day on which silence means something."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.position import Installment, Position
from domain.product import Servicing


class MilestoneKind(StrEnum):
    REFERRAL_ESCALATES = "referral_escalates"
    REFERRAL_EXPIRES = "referral_expires"
    OFFER_EXPIRES = "offer_expires"
    PAYOUT_DEADLINE = "payout_deadline"
    COOLING_OFF_ENDS = "cooling_off_ends"
    WITHDRAWAL_LAPSES = "withdrawal_lapses"
    REMINDER = "reminder"
    INSTALLMENT_DUE = "installment_due"
    AUTOPAY = "autopay"
    LATE_FEE = "late_fee"
    BUCKET = "bucket"
    CHARGE_OFF = "charge_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """`on` is the business date at whose start it happens; `label` is for an operator's eyes."""

    kind: MilestoneKind
    on: date
    label: str
    installment: int | None = None


def servicing_milestones(position: Position, servicing: Servicing, after: date) -> list[Milestone]:
    """The milestones of the unpaid installments on the first day later than `after` that has any; empty when none."""
    return soonest(_upcoming(position, servicing, after))


def soonest(milestones: Iterable[Milestone]) -> list[Milestone]:
    """Those of the first day, in the order in which they happen."""
    earliest: list[Milestone] = []
    for milestone in milestones:
        if not earliest or milestone.on < earliest[0].on:
            earliest = [milestone]
        elif milestone.on == earliest[0].on:
            earliest.append(milestone)
    return sorted(earliest, key=lambda milestone: list(MilestoneKind).index(milestone.kind))


def _upcoming(position: Position, servicing: Servicing, after: date) -> Iterator[Milestone]:
    unpaid = [row for row in position.installments if row.outstanding > 0]
    if unpaid:
        yield from (m for m in _arrears(unpaid[0], servicing) if m.on > after)
    for row in unpaid:
        coming = [m for m in _of_installment(row, len(position.installments), servicing) if m.on > after]
        yield from coming
        if len(coming) == _milestones_per_installment(servicing):
            return  # every later row's milestones are later still


def _milestones_per_installment(servicing: Servicing) -> int:
    return 1 + (servicing.reminder_days is not None) + (servicing.late_fee is not None)


def _of_installment(row: Installment, count: int, servicing: Servicing) -> Iterator[Milestone]:
    name = f"Installment {row.number} of {count}"
    if servicing.reminder_days is not None:
        on = row.due_date - timedelta(days=servicing.reminder_days)
        yield Milestone(
            kind=MilestoneKind.REMINDER, on=on, installment=row.number, label=f"{name}: reminder, due {row.due_date}"
        )
    yield Milestone(
        kind=MilestoneKind.INSTALLMENT_DUE,
        on=row.due_date,
        installment=row.number,
        label=f"{name} due {row.due_date}",
    )
    if servicing.late_fee is not None:
        on = row.due_date + timedelta(days=servicing.late_fee.grace_days + 1)
        yield Milestone(kind=MilestoneKind.LATE_FEE, on=on, installment=row.number, label=f"{name}: late fee on {on}")


def _arrears(oldest: Installment, servicing: Servicing) -> Iterator[Milestone]:
    for bucket in servicing.buckets:
        on = oldest.due_date + timedelta(days=bucket.from_day)
        yield Milestone(kind=MilestoneKind.BUCKET, on=on, label=f"Enters bucket {bucket.name} on {on}")
    if servicing.charge_off_days is not None:
        on = oldest.due_date + timedelta(days=servicing.charge_off_days)
        yield Milestone(kind=MilestoneKind.CHARGE_OFF, on=on, label=f"Charge-off on {on}")
