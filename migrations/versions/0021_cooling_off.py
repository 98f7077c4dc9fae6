"""Loans that their borrowers give back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("loans", sa.Column("cooling_off", JSONB()))


def downgrade() -> None:
    op.drop_column("loans", "cooling_off")
