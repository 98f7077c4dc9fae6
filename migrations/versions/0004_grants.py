"""What the application's role may do. It owns nothing, and can't update or delete what only grows."""

import os

from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPENDED = ("transactions", "journal_entries", "postings", "operations", "audit", "accounts")
GRANTS = {
    **dict.fromkeys(APPENDED, "SELECT, INSERT"),
    **dict.fromkeys(("customers", "users", "loans"), "SELECT, INSERT, UPDATE"),
    "installments": "SELECT, INSERT, UPDATE, DELETE",
    "products": "SELECT, INSERT, UPDATE (retired)",
    "outbox": "SELECT, INSERT, UPDATE (delivered_at)",
}


def application_role() -> str:
    given = context.get_x_argument(as_dictionary=True).get("app_role") or os.environ.get("TENOR_APP_ROLE", "tenor_app")
    return op.get_bind().dialect.identifier_preparer.quote(given)


def upgrade() -> None:
    role = application_role()
    op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    op.execute(f"GRANT USAGE ON SEQUENCE journal_entry_ids TO {role}")
    for table, privileges in GRANTS.items():
        op.execute(f"GRANT {privileges} ON {table} TO {role}")


def downgrade() -> None:
    role = application_role()
    for table in GRANTS:
        op.execute(f"REVOKE ALL ON {table} FROM {role}")
    op.execute(f"REVOKE USAGE ON SEQUENCE journal_entry_ids FROM {role}")
