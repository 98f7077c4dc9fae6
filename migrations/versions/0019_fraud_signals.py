"""Who shares a bank account or a device: an index of the account, and of the device an application came from.

Customers from before have no index of their account, and so share it with nobody.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("account_index", sa.LargeBinary()))
    op.create_index("customers_account_index_idx", "customers", ["account_index"])
    op.create_index(
        "loans_device_idx",
        "loans",
        [sa.text("(application ->> 'device')"), "created_at"],
        postgresql_where=sa.text("(application ->> 'device') IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("loans_device_idx", "loans")
    op.drop_index("customers_account_index_idx", "customers")
    op.drop_column("customers", "account_index")
