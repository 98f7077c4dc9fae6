"""`python -m audit`: a report to read, and an exit code for whoever doesn't."""

import os
import subprocess
import sys
from pathlib import Path

from stack.postgres import EmbeddedPostgres
from tests.servers import Database

CHECKOUT = Path(__file__).parents[1]
FAULT = "SET session_replication_role = replica; INSERT INTO postings VALUES (-7, 1, 'cash', 'USD', 5)"


def audited(database: Database, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TENOR_DATABASE_URL": database.application_url}
    command = [sys.executable, "-m", "audit", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


def test_clean_books_end_with_zero_and_a_fault_is_named_and_ends_with_one(
    database: Database, postgres: EmbeddedPostgres
) -> None:
    clean = audited(database)
    assert (clean.returncode, clean.stderr) == (0, "")
    assert "ok     entries-balance: every journal entry has legs" in clean.stdout
    assert clean.stdout.endswith("The books are clean.\n")
    postgres.psql("--dbname", database.name, "--command", FAULT)
    spoilt = audited(database, "--loans", "5")
    assert spoilt.returncode == 1
    assert "FAULT  entries-balance" in spoilt.stdout
    assert "posting 1 of entry -7 belongs to no journal entry" in spoilt.stdout
