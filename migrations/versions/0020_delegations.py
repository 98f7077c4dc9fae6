"""An officer's authority in a colleague's hands, and offers side by side."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.roles import application_role

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("loans", sa.Column("alternatives", JSONB(), nullable=False, server_default="[]"))
    op.alter_column("loans", "alternatives", server_default=None)
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegator_id", sa.Uuid(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("delegator_id <> delegate_id", name="delegations_two_check"),
        sa.CheckConstraint("last_day >= first_day", name="delegations_days_check"),
        sa.ForeignKeyConstraint(["delegator_id"], ["users.id"], name="delegations_delegator_id_fkey"),
        sa.ForeignKeyConstraint(["delegate_id"], ["users.id"], name="delegations_delegate_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="delegations_pkey"),
    )
    op.create_index("delegations_delegate_id_last_day_idx", "delegations", ["delegate_id", "last_day"])
    op.create_index("delegations_made_at_id_idx", "delegations", ["made_at", "id"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE (revoked_by, revoked_at) ON delegations TO {application_role()}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OF id, delegator_id, delegate_id, first_day, last_day, made_by,"
        " made_at OR DELETE OR TRUNCATE ON delegations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("delegations")
    op.drop_column("loans", "alternatives")
