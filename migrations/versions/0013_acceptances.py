"""Who accepted which offer, when, and from which address: kept here and told to nobody else."""

import sqlalchemy as sa
from alembic import op

from migrations.roles import application_role

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acceptances",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("offer_digest", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="acceptances_loan_id_fkey"),
        sa.PrimaryKeyConstraint("operation_id", "offer_digest", name="acceptances_pkey"),
    )
    op.create_index("acceptances_loan_id_idx", "acceptances", ["loan_id"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE (address) ON acceptances TO {application_role()}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OF operation_id, loan_id, offer_digest, accepted_by, at"
        " OR DELETE OR TRUNCATE ON acceptances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("acceptances")
