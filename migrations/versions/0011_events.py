"""Who is told of events and how far each telling has come; what became of a payment rail's statements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.roles import application_role

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


IN_DOUBT = "payout ->> 'contradicted' <> '[]' OR (status = 'disbursing' AND payout ->> 'overdue' = 'true')"


def upgrade() -> None:
    _create_endpoints()
    _create_deliveries()
    _create_reconciliations()
    op.create_index("loans_in_doubt_idx", "loans", ["created_at", "id"], postgresql_where=sa.text(IN_DOUBT))
    role = application_role()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON event_endpoints, event_deliveries TO {role}")
    op.execute(f"GRANT SELECT, INSERT ON reconciliations TO {role}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliations"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _create_endpoints() -> None:
    op.create_table(
        "event_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("event_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.Text()),
        sa.Column("previous_secret", sa.Text()),
        sa.Column("previous_until", MOMENT),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.CheckConstraint("kind IN ('webhook', 'broker')", name="event_endpoints_kind_check"),
        sa.CheckConstraint("(kind = 'webhook') = (secret IS NOT NULL)", name="event_endpoints_secret_check"),
        sa.PrimaryKeyConstraint("id", name="event_endpoints_pkey"),
    )
    op.create_index("event_endpoints_created_at_id_idx", "event_endpoints", ["created_at", "id"])


def _create_deliveries() -> None:
    op.create_table(
        "event_deliveries",
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("last_attempt_at", MOMENT),
        sa.Column("delivered_at", MOMENT),
        sa.Column("status_code", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'dead')", name="event_deliveries_state_check"),
        sa.ForeignKeyConstraint(["endpoint_id"], ["event_endpoints.id"], name="event_deliveries_endpoint_id_fkey"),
        sa.ForeignKeyConstraint(
            ["loan_id", "sequence"],
            ["outbox.loan_id", "outbox.sequence"],
            name="event_deliveries_loan_id_sequence_fkey",
        ),
        sa.PrimaryKeyConstraint("endpoint_id", "loan_id", "sequence", name="event_deliveries_pkey"),
    )
    op.create_index(
        "event_deliveries_due_idx",
        "event_deliveries",
        ["endpoint_id", "due_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "event_deliveries_endpoint_id_queued_at_loan_id_sequence_idx",
        "event_deliveries",
        ["endpoint_id", "queued_at", "loan_id", "sequence"],
    )


def _create_reconciliations() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("result", JSONB(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="reconciliations_pkey"),
        sa.UniqueConstraint(
            "statement_digest", "from_day", "to_day", name="reconciliations_statement_digest_from_day_to_day_key"
        ),
    )
    op.create_index("reconciliations_made_at_id_idx", "reconciliations", ["made_at", "id"])


def downgrade() -> None:
    op.drop_index("loans_in_doubt_idx", "loans")
    op.drop_table("reconciliations")
    op.drop_table("event_deliveries")
    op.drop_table("event_endpoints")
