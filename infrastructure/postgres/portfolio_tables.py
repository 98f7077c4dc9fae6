"""The tables of the close of business. Importing this module completes `metadata`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from infrastructure.postgres.tables import metadata

__all__ = ["accruals", "balance_snapshots", "closings", "metadata", "portfolio_figures"]

MOMENT = DateTime(timezone=True)

# What of a loan moves every day, so that a day of a million loans rewrites narrow rows and not their files.
# `interest_accrued` is what the journal shows, to `accrued_through`: entries of the loan itself show `own_interest` of
# it, those of the close of business the rest. So with `penalties_charged` and `own_penalties`. `fixed` to `penalties`
# are the AccrualLine from `line_start` to `line_until`, `later` those that follow. `overdue_from` is the due date since
# which it is late, or will be. `writes` counts the writes of the loan; `moved_on` is the last day whose close found it
# in another bucket, or lost.
accruals = Table(
    "accruals",
    metadata,
    Column("loan_id", Uuid(), ForeignKey("loans.id"), primary_key=True, autoincrement=False),
    Column("product_code", Text(), nullable=False),
    Column("product_version", Integer(), nullable=False),
    Column("currency", Text(), nullable=False),
    Column("active", Boolean(), nullable=False),
    Column("business_date", Date(), nullable=False),
    Column("principal", BigInteger(), nullable=False),
    Column("overdue_from", Date()),
    Column("bucket", Text()),
    Column("accrued_through", Date(), nullable=False),
    Column("interest_accrued", BigInteger(), nullable=False),
    Column("own_interest", BigInteger(), nullable=False),
    Column("penalties_charged", BigInteger(), nullable=False),
    Column("own_penalties", BigInteger(), nullable=False),
    Column("moved_on", Date()),
    Column("writes", Integer(), nullable=False),
    Column("line_start", Date(), nullable=False),
    Column("line_until", Date(), nullable=False),
    Column("fixed", BigInteger(), nullable=False),
    Column("pot", Numeric(), nullable=False),
    Column("daily", Numeric(), nullable=False),
    Column("scale", Numeric(), nullable=False),
    Column("penalties", JSONB()),
    Column("later", JSONB(), nullable=False),
)

closings = Table(  # append-only; a day is here once it is closed. Entries to `last_entry` are in its snapshot
    "closings",
    metadata,
    Column("day", Date(), primary_key=True, autoincrement=False),
    Column("closed_at", MOMENT, nullable=False),
    Column("last_entry", BigInteger(), nullable=False),
)

balance_snapshots = Table(  # append-only; all that was ever posted, to `closings.last_entry`
    "balance_snapshots",
    metadata,
    Column("day", Date(), ForeignKey("closings.day"), primary_key=True, autoincrement=False),
    Column("account", Text(), primary_key=True, autoincrement=False),
    Column("currency", Text(), primary_key=True, autoincrement=False),
    Column("debits", BigInteger(), nullable=False),
    Column("credits", BigInteger(), nullable=False),
)

FIGURES = ("outstanding", "par1", "par30", "par60", "par90", "disbursed", "collected", "written_off")

portfolio_figures = Table(  # append-only
    "portfolio_figures",
    metadata,
    Column("day", Date(), ForeignKey("closings.day"), primary_key=True, autoincrement=False),
    Column("product_code", Text(), primary_key=True, autoincrement=False),
    Column("currency", Text(), primary_key=True, autoincrement=False),
    Column("loans", BigInteger(), nullable=False),
    *(Column(name, BigInteger(), nullable=False) for name in FIGURES),
)
