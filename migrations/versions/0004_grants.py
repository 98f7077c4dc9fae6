"""What the application's role may do. It owns nothing, and can't update or delete what only grows."""

from alembic import op

from migrations.roles import application_role

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
