"""Addresses and letters sealed under the customer's key: with the key they are gone, and their tables only grow."""

import sqlalchemy as sa
from alembic import op

from migrations.roles import application_role

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

PLAIN = {"acceptances": "address", "correspondence": "text"}

# A migration has no key to seal with. No release kept these in plain, so a database that does is begun anew.
REFUSE_PLAIN = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM acceptances) OR EXISTS (SELECT FROM correspondence) THEN
        RAISE EXCEPTION 'this database was made before the first release and holds personal data in plain: begin anew'
            USING HINT = 'on your own machine: python dev.py remove';
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute(REFUSE_PLAIN)
    for table, column in PLAIN.items():
        op.execute(f"REVOKE UPDATE ({column}) ON {table} FROM {application_role()}")
        op.drop_column(table, column)
        _guard(table, "UPDATE")
    op.add_column("acceptances", sa.Column("sealed_address", sa.LargeBinary()))
    op.add_column("correspondence", sa.Column("sealed", sa.LargeBinary(), nullable=False))


def downgrade() -> None:
    op.drop_column("correspondence", "sealed")
    op.drop_column("acceptances", "sealed_address")
    for table, column in PLAIN.items():
        op.add_column(table, sa.Column(column, sa.Text()))
        op.execute(f"GRANT UPDATE ({column}) ON {table} TO {application_role()}")
    _guard("acceptances", "UPDATE OF operation_id, loan_id, offer_digest, accepted_by, at")
    _guard("correspondence", "UPDATE OF operation_id, loan_id, kind, author, digest, at")


def _guard(table: str, update: str) -> None:
    op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute(
        f"CREATE TRIGGER append_only BEFORE {update} OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
