"""The journal's entries by day, for figures of a day that is closed after the next has begun."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "journal_entries_effective_date_idx", "journal_entries", ["effective_date"], postgresql_using="brin"
    )


def downgrade() -> None:
    op.drop_index("journal_entries_effective_date_idx", "journal_entries")
