"""The tables of the books as a whole. Importing this module completes `metadata`."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, ForeignKey, Index, Table, Text, Uuid

from infrastructure.postgres.tables import metadata

MOMENT = DateTime(timezone=True)

accounting_periods = Table(  # append-only; the books are closed for `through` and every day before it
    "accounting_periods",
    metadata,
    Column("through", Date(), primary_key=True, autoincrement=False),
    Column("closed_by", Text(), nullable=False),
    Column("reason", Text(), nullable=False),
    Column("closed_at", MOMENT, nullable=False),
    Column("last_entry", BigInteger(), nullable=False),  # a trigger fills it: later entries have greater ids
    CheckConstraint("extract(day FROM through + 1) = 1", name="month_end"),
)

unidentified_receipts = Table(  # append-only: money that names no loan
    "unidentified_receipts",
    metadata,
    Column("id", Uuid(), primary_key=True, autoincrement=False),
    Column("amount", BigInteger(), nullable=False),
    Column("currency", Text(), nullable=False),
    Column("received_on", Date(), nullable=False),
    Column("reference", Text(), nullable=False),
    Column("parked_by", Text(), nullable=False),
    Column("parked_at", MOMENT, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    Index(None, "parked_at", "id"),
)

receipt_resolutions = Table(  # append-only; what became of a receipt, once
    "receipt_resolutions",
    metadata,
    Column("receipt_id", Uuid(), ForeignKey("unidentified_receipts.id"), primary_key=True, autoincrement=False),
    Column("kind", Text(), nullable=False),
    Column("loan_id", Uuid(), ForeignKey("loans.id"), index=True),
    Column("resolved_by", Text(), nullable=False),
    Column("reason", Text()),
    Column("resolved_at", MOMENT, nullable=False),
    CheckConstraint("(kind = 'matched') = (loan_id IS NOT NULL)", name="kind"),
)
