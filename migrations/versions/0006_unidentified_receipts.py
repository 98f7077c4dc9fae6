"""Money that names no loan is parked, and matched or returned once. Operations of the books as a whole have no loan."""

import sqlalchemy as sa
from alembic import op

from migrations.roles import application_role

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("unidentified_receipts", "receipt_resolutions")


def upgrade() -> None:
    op.create_table(
        "unidentified_receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("parked_by", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name="unidentified_receipts_amount_check"),
        sa.PrimaryKeyConstraint("id", name="unidentified_receipts_pkey"),
    )
    op.create_index("unidentified_receipts_parked_at_id_idx", "unidentified_receipts", ["parked_at", "id"])
    op.create_table(
        "receipt_resolutions",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("loan_id", sa.Uuid()),
        sa.Column("resolved_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'matched') = (loan_id IS NOT NULL)", name="receipt_resolutions_kind_check"),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["unidentified_receipts.id"], name="receipt_resolutions_receipt_id_fkey"
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="receipt_resolutions_loan_id_fkey"),
        sa.PrimaryKeyConstraint("receipt_id", name="receipt_resolutions_pkey"),
    )
    op.create_index("receipt_resolutions_loan_id_idx", "receipt_resolutions", ["loan_id"])
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {application_role()}")
    op.alter_column("operations", "loan_id", nullable=True)


def downgrade() -> None:
    op.alter_column("operations", "loan_id", nullable=False)
    for table in reversed(TABLES):
        op.drop_table(table)
