"""A referred application's way through officers' hands, and what applicants and officers write about it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.roles import application_role

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("loans", sa.Column("referral", JSONB()))
    op.create_table(
        "correspondence",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('comment', 'answer')", name="correspondence_kind_check"),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="correspondence_loan_id_fkey"),
        sa.PrimaryKeyConstraint("operation_id", name="correspondence_pkey"),
    )
    op.create_index("correspondence_loan_id_at_idx", "correspondence", ["loan_id", "at"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE (text) ON correspondence TO {application_role()}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OF operation_id, loan_id, kind, author, digest, at"
        " OR DELETE OR TRUNCATE ON correspondence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("correspondence")
    op.drop_column("loans", "referral")
