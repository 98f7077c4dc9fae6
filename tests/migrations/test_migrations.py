"""Migrations build what the models say, and take it down again."""

import os
import subprocess
import sys
from pathlib import Path
from secrets import token_hex

from stack.postgres import EmbeddedPostgres
from tests.servers import Database, fresh_database

CHECKOUT = Path(__file__).parents[2]


def alembic(database: Database, *arguments: str) -> str:
    environment = {**os.environ, "TENOR_MIGRATIONS_DATABASE_URL": database.owner_url}
    command = [sys.executable, "-m", "alembic", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_models_and_migrations_say_the_same(database: Database) -> None:
    assert "No new upgrade operations detected" in alembic(database, "check")


def test_migrations_go_down_to_nothing_and_up_again(database: Database) -> None:
    alembic(database, "downgrade", "base")
    alembic(database, "upgrade", "head")
    alembic(database, "check")


def test_the_role_that_is_granted_has_the_name_it_is_given(postgres: EmbeddedPostgres) -> None:
    role = f"app_{token_hex(4)}"
    postgres.psql("--command", f"CREATE ROLE {role}")
    with fresh_database(postgres) as database:
        alembic(database, "downgrade", "base")
        alembic(database, "-x", f"app_role={role}", "upgrade", "head")
    postgres.psql("--command", f"DROP ROLE {role}")
