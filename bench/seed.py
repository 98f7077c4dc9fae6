"""make seed LOANS=1000000: running loans for the stack that runs here, or for TENOR_MIGRATIONS_DATABASE_URL."""

import argparse
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from time import perf_counter
from uuid import UUID

import asyncpg

from bench.portfolio import AGES, CUSTOMER_ID, ENTRY_ID, LOAN_ID, PRODUCTS, Life, lives, moment
from infrastructure.entry import run
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.portfolio import ALL_IDS
from infrastructure.postgres.portfolio_tables import metadata
from infrastructure.postgres.products import Products
from seed import seed_products
from stack.postgres import EmbeddedPostgres, Passwords
from stack.rooms import room_for_postgres
from stack.site import Site

TABLES = ("loans", "transactions", "installments", "operations", "journal_entries", "postings", "accruals")
AT_ONCE = 2_000  # loans in one piece of a COPY
LOANS_PER_CUSTOMER = 10

# Asked row by row, these would take most of the time. Foreign keys are proven again before the commit.
SLOW_TRIGGERS = (("journal_entries", "balanced"), ("postings", "balanced"), ("audit", "chained"))
FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS place, conname AS name, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY($1)
"""

CUSTOMERS = """
INSERT INTO customers (id, sealed, created_at)
SELECT id, '', $2
  FROM unnest($1::uuid[]) AS id ON CONFLICT DO NOTHING
"""

TRAIL = """
WITH line AS (
    SELECT t.loan_id, 1 AS sequence, 'engine' AS actor, 'loan_imported' AS action, NULL AS reason,
           jsonb_object_agg('transaction_' || number, transaction_digest(t)) AS details, $1::timestamptz AS at,
           ''::bytea AS previous_hash, NULL::bytea AS hash
      FROM transactions t JOIN loans l ON l.id = t.loan_id WHERE l.created_at = $1 GROUP BY t.loan_id
)
INSERT INTO audit
SELECT loan_id, sequence, actor, action, reason, details, at, previous_hash,
       audit_hash(ROW(loan_id, sequence, actor, action, reason, details, at, previous_hash, hash)::audit)
  FROM line
"""

# The import is no business of a day: the first close begins after it.
OPENING = """
WITH opening AS (
    INSERT INTO closings (day, closed_at, last_entry) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING day
)
INSERT INTO balance_snapshots
SELECT opening.day, account, currency, sum(greatest(amount, 0)), sum(greatest(-amount, 0))
  FROM opening, postings WHERE entry_id <= $3 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Seeding:
    """So many copies of so many lives. The same numbers make the same portfolio."""

    lives: Sequence[Life]
    loans: int
    first_entry: int

    @cached_property
    def chosen(self) -> Sequence[int]:
        return Random(7).choices(range(len(self.lives)), [life.weight for life in self.lives], k=self.loans)

    @cached_property
    def ids(self) -> Sequence[bytes]:
        """Random, evenly spread, and in order, which spares the indexes."""
        chance, step = Random(11), ALL_IDS // self.loans
        return [str(UUID(int=k * step + chance.randrange(step))).encode() for k in range(self.loans)]

    @cached_property
    def customers(self) -> Sequence[str]:
        chance = Random(13)
        return [str(UUID(int=chance.getrandbits(128))) for _ in range(1 + self.loans // LOANS_PER_CUSTOMER)]

    async def rows(self, table: str) -> AsyncIterator[bytes]:
        texts = [life.rows[table] for life in self.lives]
        for start in range(0, self.loans, AT_ONCE):
            piece = range(start, min(start + AT_ONCE, self.loans))
            yield b"".join(self._copy(texts[self.chosen[k]], k) for k in piece)

    def _copy(self, text: bytes, k: int) -> bytes:
        customer = self.customers[k // LOANS_PER_CUSTOMER].encode()
        text = text.replace(LOAN_ID.encode(), self.ids[k]).replace(CUSTOMER_ID.encode(), customer)
        return text.replace(ENTRY_ID.encode(), str(self.first_entry + k).encode())


Say = Callable[[str], None]


async def seed(owner_url: str, count: int, as_of: date, *, ages: Sequence[int] = AGES, say: Say = print) -> None:
    """`ages` in days: fewer make fewer lives, which are what takes the time when there are few loans."""
    began = perf_counter()
    engine = create_engine(owner_url)
    try:
        await seed_products(Products(engine), PRODUCTS, datetime.now(UTC))
        owner = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
        try:
            async with owner.transaction():
                await _fill(owner, Seeding(list(lives(as_of, ages)), count, await _entries(owner, count)), as_of, say)
            await owner.execute("VACUUM (ANALYZE) accruals")
            await owner.execute("ANALYZE")
        finally:
            await owner.close()
    finally:
        await engine.dispose()
    say(f"{count:,} loans in {perf_counter() - began:.0f} s")


async def _entries(owner: asyncpg.Connection, count: int) -> int:
    """The first of as many ids for entries of the journal."""
    first: int = await owner.fetchval("SELECT nextval('journal_entry_ids')")
    await owner.execute(f"SELECT setval('journal_entry_ids', {first + count})")
    return first


async def _fill(owner: asyncpg.Connection, seeding: Seeding, as_of: date, say: Say) -> None:
    keys = await owner.fetch(FOREIGN_KEYS, ["audit", *TABLES])
    for key in keys:
        await owner.execute(f"ALTER TABLE {key['place']} DROP CONSTRAINT {key['name']}")
    for place, trigger in SLOW_TRIGGERS:
        await owner.execute(f"ALTER TABLE {place} DISABLE TRIGGER {trigger}")
    await owner.execute(CUSTOMERS, seeding.customers, moment(as_of))
    for table in TABLES:
        began = perf_counter()
        columns = [column.name for column in metadata.tables[table].columns]
        copied = await owner.copy_to_table(table, source=seeding.rows(table), format="text", columns=columns)
        say(f"  {table:16} {copied.removeprefix('COPY '):>12} rows in {perf_counter() - began:5.1f} s")
    await owner.execute(TRAIL, moment(as_of))
    await owner.execute(OPENING, as_of, moment(as_of), seeding.first_entry + seeding.loans - 1)
    for key in keys:
        await owner.execute(f"ALTER TABLE {key['place']} ADD CONSTRAINT {key['name']} {key['definition']}")
    for place, trigger in SLOW_TRIGGERS:
        await owner.execute(f"ALTER TABLE {place} ENABLE TRIGGER {trigger}")


def owner_url(data_directory: Path) -> str:
    if given := os.environ.get("TENOR_MIGRATIONS_DATABASE_URL"):
        return given
    site = Site(data_directory)
    if not site.is_ready:
        raise SystemExit("Nothing runs here to be seeded. Start it: make up")
    secrets = site.credentials
    passwords = Passwords(
        superuser=secrets.postgres_superuser, owner=secrets.postgres_owner, application=secrets.postgres_application
    )
    room, port = room_for_postgres(site.directory), site.ports["postgres"]
    return EmbeddedPostgres(room=room, port=port, passwords=passwords, log=site.log("postgres")).owner_url()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=10_000)
    parser.add_argument("--as-of", type=date.fromisoformat, default=datetime.now(UTC).date() - timedelta(days=1))
    parser.add_argument("--data-dir", type=Path, default=Path(__file__).parents[1] / ".tenor")
    asked = parser.parse_args()
    run(seed(owner_url(asked.data_dir), asked.loans, asked.as_of))


if __name__ == "__main__":
    main()
