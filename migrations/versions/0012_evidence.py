"""Credit reports on file. What they say is no business of the messages that a loan's workflow keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.roles import application_role

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="evidence_loan_id_fkey"),
        sa.PrimaryKeyConstraint("key", name="evidence_pkey"),
    )
    op.create_index("evidence_loan_id_idx", "evidence", ["loan_id"])
    op.execute(f"GRANT SELECT, INSERT ON evidence TO {application_role()}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("evidence")
