"""Personal data sealed under keys of their own, and the tables of those keys.

A migration has no key to seal with. No release kept personal data in plain, so it refuses a database that does.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import CITEXT, JSONB

from migrations.roles import application_role

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DETAILS = ("given_name", "family_name", "date_of_birth", "country", "email", "annual_income", "income_currency",
           "bank_account")  # fmt: skip

REFUSE_PLAIN = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM customers) OR EXISTS (SELECT FROM users) OR EXISTS (SELECT FROM evidence)
       OR EXISTS (SELECT FROM event_endpoints WHERE secret IS NOT NULL) THEN
        RAISE EXCEPTION 'this database was made before the first release and holds personal data in plain: begin anew'
            USING HINT = 'on your own machine: python dev.py remove';
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute(REFUSE_PLAIN)
    _create_keys()
    for column in DETAILS:
        op.drop_column("customers", column)
    op.add_column("customers", sa.Column("sealed", sa.LargeBinary(), nullable=False))
    op.drop_column("users", "email")
    op.add_column("users", sa.Column("email_index", sa.LargeBinary()))
    op.add_column("users", sa.Column("sealed_email", sa.LargeBinary(), nullable=False))
    op.create_unique_constraint("users_email_index_key", "users", ["email_index"])
    op.drop_column("evidence", "content")
    op.add_column("evidence", sa.Column("sealed", sa.LargeBinary(), nullable=False))
    _change_secrets("bytea")


def _create_keys() -> None:
    op.create_table(
        "customer_keys",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary()),
        sa.Column("version", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("destroyed_at", MOMENT),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("customer_keys_destroyed_check")
        ),
        sa.CheckConstraint("(wrapped IS NULL) = (version IS NULL)", name=op.f("customer_keys_version_check")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="customer_keys_customer_id_fkey"),
        sa.PrimaryKeyConstraint("customer_id", name="customer_keys_pkey"),
    )
    op.create_table(
        "house_keys",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("purpose", name="house_keys_pkey"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON customer_keys, house_keys TO {application_role()}")


def _change_secrets(kind: str) -> None:
    """Of endpoints: there are none yet, so that nothing is converted."""
    for column in ("secret", "previous_secret"):
        op.execute(f"ALTER TABLE event_endpoints ALTER {column} TYPE {kind} USING NULL::{kind}")


def downgrade() -> None:
    """Of an empty database only: what is sealed can't be laid open here."""
    _change_secrets("text")
    op.drop_column("evidence", "sealed")
    op.add_column("evidence", sa.Column("content", JSONB(), nullable=False))
    op.drop_constraint("users_email_index_key", "users")
    op.drop_column("users", "sealed_email")
    op.drop_column("users", "email_index")
    op.add_column("users", sa.Column("email", CITEXT(), nullable=False))
    op.create_unique_constraint("users_email_key", "users", ["email"])
    op.drop_column("customers", "sealed")
    for column in ("given_name", "family_name", "country"):
        op.add_column("customers", sa.Column(column, sa.Text(), nullable=False))
    op.add_column("customers", sa.Column("date_of_birth", sa.Date(), nullable=False))
    op.add_column("customers", sa.Column("email", CITEXT(), nullable=False))
    op.add_column("customers", sa.Column("annual_income", sa.BigInteger()))
    for column in ("income_currency", "bank_account"):
        op.add_column("customers", sa.Column(column, sa.Text()))
    op.create_check_constraint(
        op.f("customers_income_check"), "customers", "(annual_income IS NULL) = (income_currency IS NULL)"
    )
    op.drop_table("house_keys")
    op.drop_table("customer_keys")
