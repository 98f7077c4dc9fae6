"""Sign-ins with refresh tokens that are used once, accounts that are locked for a while, and a log of the door."""

import sqlalchemy as sa
from alembic import op

from migrations.roles import application_role

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_because", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="sign_ins_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="sign_ins_user_id_fkey"),
    )
    op.create_index("sign_ins_user_id_ends_at_idx", "sign_ins", ["user_id", "ends_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("hash", name="refresh_tokens_pkey"),
        sa.ForeignKeyConstraint(
            ["sign_in_id"], ["sign_ins.id"], name="refresh_tokens_sign_in_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index("refresh_tokens_sign_in_id_idx", "refresh_tokens", ["sign_in_id"])
    op.create_table(
        "lockouts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="lockouts_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="lockouts_user_id_fkey"),
    )
    op.create_table(
        "door_log",
        sa.Column("minute", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "actor", "action", "subject", "status", name="door_log_pkey"),
    )
    op.add_column("users", sa.Column("subject", sa.Text()))
    op.create_unique_constraint("users_subject_key", "users", ["subject"])
    for table in ("sign_ins", "refresh_tokens", "lockouts", "door_log"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {application_role()}")


def downgrade() -> None:
    op.drop_column("users", "subject")
    for table in ("door_log", "lockouts", "refresh_tokens", "sign_ins"):
        op.drop_table(table)
