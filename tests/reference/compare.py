"""The first difference between what we compute and what was published; None when there is none."""

from decimal import Decimal
from itertools import zip_longest
from typing import Any

from domain.position import Installment, Position, position
from domain.servicing import Split
from domain.transaction import TransactionKind
from tests.reference.translate import Case, Json, case_of, minor

CHARGES = (TransactionKind.FEE, TransactionKind.PENALTY)


def schedule_difference(json: Json) -> str | None:
    case = case_of(json)
    computed = position(case.terms, case.transactions, case.looked_on)
    rows, expected = computed.installments, json["expected_schedule"]
    if len(rows) != len(expected):
        return f"{len(rows)} rows instead of {len(expected)}"
    for row, published in zip(rows, expected, strict=True):
        difference = _row_difference(row, published, case.terms.currency)
        if difference:
            return f"row {row.number}: {difference}"
    return _totals_difference(computed, json.get("expected_totals")) or _transactions_difference(
        case, computed, json.get("expected_transactions", [])
    )


def _row_difference(row: Installment, published: Json, currency: str) -> str | None:
    ours: dict[str, Any] = {
        "due_date": row.due_date.isoformat(),
        "days": (row.due_date - row.start_date).days,
        "principal_due": row.principal,
        "interest_due": row.interest,
        "fees": row.fees,
        "penalties": row.penalties,
        "due": row.due,
        "paid": row.paid,
        "in_advance": row.paid_in_advance,
        "late": row.paid_late,
        "outstanding": row.outstanding,
        "balance_of_loan": row.balance_after,
    }
    for name, value in ours.items():
        theirs = published[name] if name in ("due_date", "days") else minor(published[name], currency)
        if theirs is not None and value != theirs:
            return f"{name} {_text(value)} instead of {_text(theirs)}"
    paid_on = row.paid_on.isoformat() if row.paid_on else None
    if row.due > 0 and paid_on != published["paid_date"]:  # a row of nothing is never paid
        return f"paid_date {paid_on} instead of {published['paid_date']}"
    return None


def _totals_difference(computed: Position, totals: Json | None) -> str | None:
    if totals is None:
        return None
    rows = computed.installments
    ours = {
        "principal_due": sum(row.principal for row in rows),
        "interest_due": sum(row.interest for row in rows),
        "fees": sum(row.fees for row in rows),
        "penalties": sum(row.penalties for row in rows),
        "due": sum(row.due for row in rows),
        "paid": sum(row.paid for row in rows),
        "in_advance": sum(row.paid_in_advance for row in rows),
        "late": sum(row.paid_late for row in rows),
        "outstanding": sum(row.outstanding for row in rows),
    }
    for name, value in ours.items():
        if name in totals and value != minor(totals[name], computed.currency):
            return f"total {name} {_text(value)} instead of {totals[name]}"
    return None


def _transactions_difference(case: Case, computed: Position, published: list[Json]) -> str | None:
    """A down payment that is kept back is a part of its payout here, and an entry of its own there."""
    facts = {fact.number: fact for fact in case.transactions}
    splits = iter(split for split in computed.splits if facts[split.number].kind not in CHARGES)
    counting = [entry for entry in published if not entry.get("reversed")]
    for entry, following in zip_longest(counting, counting[1:]):
        if entry["type"] == "down_payment":
            continue
        split = next(splits, None)
        if split is None:
            return f"{entry['type']} of {entry['date']} is missing"
        parts = [entry, following] if following and following["type"] == "down_payment" else [entry]
        difference = _split_difference(split, parts, computed.currency)
        if difference:
            return f"{entry['type']} of {entry['date']}: {difference}"
    return None


def _split_difference(split: Split, entries: list[Json], currency: str) -> str | None:
    for name in ("principal", "interest", "fees", "penalties"):
        ours, theirs = getattr(split, name), sum(minor(entry[name], currency) for entry in entries)
        if ours != theirs:
            return f"{name} {_text(ours)} instead of {_text(theirs)}"
    if split.balance_after != minor(entries[-1]["balance_after"], currency):
        return f"balance_after {_text(split.balance_after)} instead of {entries[-1]['balance_after']}"
    return None


def _text(value: object) -> str:
    return f"{Decimal(value).scaleb(-2):.2f}" if isinstance(value, int) else str(value)
