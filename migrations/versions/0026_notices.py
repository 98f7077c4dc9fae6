"""The sender of notices, as an endpoint among the others; a notice to nobody is withheld."""

from collections.abc import Sequence

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _allow("event_endpoints", "kind", ("webhook", "broker", "notifier"))
    _allow("event_deliveries", "state", ("pending", "delivered", "dead", "withheld"))


def downgrade() -> None:
    op.execute("DELETE FROM event_deliveries USING event_endpoints e WHERE e.id = endpoint_id AND e.kind = 'notifier'")
    op.execute("DELETE FROM event_endpoints WHERE kind = 'notifier'")
    _allow("event_deliveries", "state", ("pending", "delivered", "dead"))
    _allow("event_endpoints", "kind", ("webhook", "broker"))


def _allow(table: str, column: str, words: Sequence[str]) -> None:
    name = op.f(f"{table}_{table}_{column}_check_check")  # so it has been called since 0011
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")
