"""Sign-ins with refresh tokens that are used once, and accounts that are locked for a while."""

import sqlalchemy as sa
from alembic import op

from migrations.roles import application_role

revision = "00NN"
down_revision = "00MM"
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
    for table in ("sign_ins", "refresh_tokens", "lockouts"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {application_role()}")


def downgrade() -> None:
    for table in ("lockouts", "refresh_tokens", "sign_ins"):
        op.drop_table(table)
