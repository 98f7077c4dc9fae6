"""Branches: each loan has one for ever, and staff see the loans of theirs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations.roles import application_role

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "branches",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name="branches_pkey"),
    )
    op.execute("INSERT INTO branches (code, name, created_at) VALUES ('main', 'Main branch', now())")
    op.execute(f"GRANT SELECT, INSERT ON branches TO {application_role()}")
    op.add_column("users", sa.Column("branch", sa.Text()))
    op.add_column("users", sa.Column("further_branches", ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("users", sa.Column("every_branch", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_foreign_key("users_branch_fkey", "users", "branches", ["branch"], ["code"])
    op.add_column("loans", sa.Column("branch", sa.Text(), server_default="main", nullable=False))
    op.create_foreign_key("loans_branch_fkey", "loans", "branches", ["branch"], ["code"])
    op.create_index("loans_branch_created_at_id_idx", "loans", ["branch", "created_at", "id"])


def downgrade() -> None:
    op.drop_column("loans", "branch")
    for column in ("every_branch", "further_branches", "branch"):
        op.drop_column("users", column)
    op.drop_table("branches")
