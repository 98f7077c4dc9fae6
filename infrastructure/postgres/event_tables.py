"""The tables of what the outside is told, and of what it tells in statements. Part of the same metadata as `tables`."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from infrastructure.postgres.tables import MOMENT, loans, metadata

# Loans whose payout or debit a person must look at: what the domain calls `assigned_to` operations. In brackets of its
# own, since other conditions are added to it.
IN_DOUBT = text(
    "(payout ->> 'contradicted' <> '[]' OR (status = 'disbursing' AND payout ->> 'overdue' = 'true')"
    " OR debit ->> 'contradicted' <> '[]' OR (debit ->> 'open' = 'true' AND debit ->> 'overdue' = 'true'))"
)
Index("loans_in_doubt_idx", loans.c.created_at, loans.c.id, postgresql_where=IN_DOUBT)

# Who is told. `previous_secret` signs, too, until its time is over; only webhooks have secrets.
event_endpoints = Table(
    "event_endpoints",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("kind", Text(), nullable=False),
    Column("url", Text(), nullable=False),
    Column("event_types", ARRAY(Text()), nullable=False),  # empty: all
    Column("secret", LargeBinary()),  # sealed, as is the next
    Column("previous_secret", LargeBinary()),
    Column("previous_until", MOMENT),
    Column("created_by", Text(), nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("disabled_at", MOMENT),
    CheckConstraint("kind IN ('webhook', 'broker', 'notifier')", name="kind"),
    CheckConstraint("(kind = 'webhook') = (secret IS NOT NULL)", name="secret"),
    Index(None, "created_at", "id"),
)

event_deliveries = (
    Table(  # one event for one endpoint; `due_at` is when it is tried next, or when a relay's claim lapses
        "event_deliveries",
        metadata,
        Column("endpoint_id", Uuid(), ForeignKey("event_endpoints.id"), primary_key=True),
        Column("loan_id", Uuid(), primary_key=True),
        Column("sequence", Integer(), primary_key=True, autoincrement=False),
        Column("state", Text(), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("queued_at", MOMENT, nullable=False),
        Column("due_at", MOMENT, nullable=False),
        Column("last_attempt_at", MOMENT),
        Column("delivered_at", MOMENT),
        Column("status_code", Integer()),
        Column("error", Text()),
        ForeignKeyConstraint(["loan_id", "sequence"], ["outbox.loan_id", "outbox.sequence"]),
        CheckConstraint("state IN ('pending', 'delivered', 'dead', 'withheld')", name="state"),
        Index("event_deliveries_due_idx", "endpoint_id", "due_at", postgresql_where=text("state = 'pending'")),
        Index(None, "endpoint_id", "queued_at", "loan_id", "sequence"),
    )
)

reconciliations = Table(  # append-only; a statement is compared once per period
    "reconciliations",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("statement_digest", Text(), nullable=False),
    Column("source", Text(), nullable=False),
    Column("from_day", Date(), nullable=False),
    Column("to_day", Date(), nullable=False),
    Column("result", JSONB(), nullable=False),
    Column("made_by", Text(), nullable=False),
    Column("made_at", MOMENT, nullable=False),
    UniqueConstraint("statement_digest", "from_day", "to_day"),
    Index(None, "made_at", "id"),
)
