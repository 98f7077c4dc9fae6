"""Whom the migrations grant what the application may do."""

import os

from alembic import context, op


def application_role() -> str:
    """Quoted, to be put into a statement."""
    given = context.get_x_argument(as_dictionary=True).get("app_role") or os.environ.get("TENOR_APP_ROLE", "tenor_app")
    return op.get_bind().dialect.identifier_preparer.quote(given)
