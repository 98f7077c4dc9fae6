"""A payment's database part beside the same rows written one table at a time: in one run, alternating, as a ratio.

What the domain computes between reading and writing is not timed. One connection, one payment at a time: how long a
borrower waits for Postgres, on this machine and over a network. Either way's first payments, of which Postgres still
plans each anew, are left out.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bench.cost import lender_on
from bench.distance import away
from bench.machine import machine
from domain.commands import MakePayment
from domain.money import Money
from infrastructure.entry import run
from infrastructure.postgres import statements
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.record import file_of, schedule_of
from infrastructure.postgres.seen import Seen, changes, load
from stack.blueprint import TENOR
from stack.stack import Stack

RESULTS = Path(__file__).parent / "results" / "rows.json"
TURNS = 200
ROUND_TRIP = 0.0005  # seconds between two machines of one data centre
LOANS = 10  # that share them: a loan is paid twenty times in each way

Values = dict[str, object]

_FACTS = """json_to_recordset(CAST(:facts AS json))
    AS f (name text, actor text, at timestamptz, reason text, details jsonb)"""

# A table at a time, each with all its rows. With what begins, locks, reads and commits: thirteen round trips.
TABLE_BY_TABLE = [
    text(statement)
    for statement in f"""
INSERT INTO operations (operation_id, loan_id, kind, body_digest, receipt, at)
VALUES (:operation_id, :loan_id, :kind, :body_digest, CAST(:receipt AS jsonb), :at);

INSERT INTO transactions SELECT t.* FROM json_populate_recordset(
    json_populate_record(NULL::transactions, json_build_object('loan_id', CAST(:loan_id AS uuid))),
    CAST(:transactions AS json)) t;

INSERT INTO journal_entries (id, loan_id, transaction, memo, effective_date, booked_at)
SELECT nextval('journal_entry_ids'), :loan_id, transaction, memo, effective_date, booked_at
  FROM json_to_recordset(CAST(:entries AS json))
    AS e (transaction integer, memo text, effective_date date, booked_at timestamptz);

INSERT INTO postings (entry_id, leg, account, currency, amount)
SELECT currval('journal_entry_ids'), legs.leg, legs.account, :currency, legs.amount FROM ROWS FROM (
    json_to_recordset(CAST(:entries AS json) -> -1 -> 'postings') AS (source text, destination text, amount bigint)
) WITH ORDINALITY AS p (source, destination, amount, place), LATERAL (
    VALUES (2 * place - 1, p.destination, p.amount), (2 * place, p.source, -p.amount)
) AS legs (leg, account, amount);

UPDATE loans l SET {statements.KEPT} WHERE l.id = :loan_id AND l.version = :seen_version;

INSERT INTO installments SELECT s.* FROM json_populate_recordset(
    json_populate_record(NULL::installments, json_build_object('loan_id', CAST(:loan_id AS uuid))),
    CAST(:installments AS json)) s
ON CONFLICT (loan_id, number) DO UPDATE SET {statements.SCHEDULE};

INSERT INTO accruals AS a SELECT d.* FROM json_populate_record(NULL::accruals, CAST(:daily AS json)) d
ON CONFLICT (loan_id) DO UPDATE SET {statements.DAILY};

INSERT INTO audit (loan_id, actor, action, reason, details, at)
SELECT :loan_id, actor, name, reason, details || jsonb_build_object('transaction_' || number, transaction_digest(t)), at
  FROM transactions t, {_FACTS} WHERE t.loan_id = :loan_id AND t.operation_id = :operation_id;

INSERT INTO outbox (loan_id, sequence, type, data, at)
SELECT :loan_id, :seen_events + row_number() OVER (), name,
       jsonb_build_object('actor', actor, 'reason', reason, 'details', details), at
  FROM {_FACTS}
""".split(";")  # noqa: S608  columns and rows of our own
]


class Payments:
    """Payments of loans in turn, in each of three ways. What is read before a way's clock starts, another way wrote."""

    def __init__(self, engine: AsyncEngine, loan_ids: Sequence[str]) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._transactional = engine
        self._turns = cycle(loan_ids)

    async def each_way(self) -> tuple[float, float, float]:
        """Seconds of a payment of a loan at hand, of one that is read first, and of one table by table."""
        loan_id = next(self._turns)
        return await self._at_hand(loan_id), await self._read_first(loan_id), await self._table_by_table(loan_id)

    async def _at_hand(self, loan_id: str) -> float:
        async with self._engine.connect() as connection:
            values = _payment(await self._known(connection, loan_id))
            began = perf_counter()
            assert await connection.scalar(statements.UPDATE, values) == 1
            return perf_counter() - began

    async def _read_first(self, loan_id: str) -> float:
        """Which rows of the schedule are others now, the statement finds out."""
        async with self._engine.connect() as connection:
            values = _payment(await load(connection, loan_id))
            began = perf_counter()
            await connection.execute(statements.LOAN, _asked(values))
            assert await connection.scalar(statements.UPDATE, values) == 1
            return perf_counter() - began

    async def _table_by_table(self, loan_id: str) -> float:
        """In the transaction that reads under a lock, and writes a table at a time: only rows that are others now."""
        async with self._engine.connect() as connection:
            values = _payment(await self._known(connection, loan_id))
        async with self._transactional.connect() as connection:
            began = perf_counter()
            async with connection.begin():
                await connection.execute(statements.LOCK, values)
                await connection.execute(statements.LOAN, _asked(values))
                for statement in TABLE_BY_TABLE:
                    await connection.execute(statement, values)
            return perf_counter() - began

    async def _known(self, connection: AsyncConnection, loan_id: str) -> Seen:
        """With the rows that the books hold, as whoever wrote them last knows them."""
        seen = await load(connection, loan_id)
        return replace(seen, file=file_of(seen.loan), installments=schedule_of(seen.loan))


def _payment(seen: Seen) -> Values:
    loan, at = seen.loan, datetime.now(UTC)
    command = MakePayment(operation_id=str(uuid4()), loan_id=loan.id, actor="bench", amount=Money(100, "USD"))
    receipt = loan.pay(command, at)
    return changes(command, at, seen, loan.standing(), receipt)


def _asked(values: Values) -> Values:
    return {"loan_id": values["loan_id"], "operation_id": values["operation_id"]}


async def measure(url: str, loan_ids: Sequence[str]) -> dict[str, float]:
    """Median milliseconds of each way, and ratios to the last."""
    one = create_engine(url, pool_size=1)
    payments = Payments(one, loan_ids)
    turns = [await payments.each_way() for _ in range(TURNS)]
    await one.dispose()
    at_hand, read_first, by_table = (median(times) * 1000 for times in zip(*turns[TURNS // 10 :], strict=True))
    return {
        "at hand": round(at_hand, 2),
        "read first": round(read_first, 2),
        "table by table": round(by_table, 2),
        "ratio at hand": round(by_table / at_hand, 2),
        "ratio read first": round(by_table / read_first, 2),
    }


async def main(stack: Stack) -> None:
    here = make_url(stack.addresses.application_database)
    async with lender_on(stack) as lender:
        lender.bureau.score = 780
        loan_ids = [await lender.lend() for _ in range(2 * LOANS)]
        with away(stack.ports["postgres"], one_way=ROUND_TRIP / 2) as port:
            there = here.set(port=port)
            measured = {
                "on this machine": await measure(here.render_as_string(hide_password=False), loan_ids[:LOANS]),
                "half a millisecond away": await measure(there.render_as_string(hide_password=False), loan_ids[LOANS:]),
            }
    for where, figures in measured.items():
        told = ", ".join(f"{way} {figure}" for way, figure in figures.items())
        print(f"A payment's rows, Postgres {where}, in milliseconds: {told}")
    RESULTS.write_text(json.dumps({"machine": machine(), "turns": TURNS} | measured, indent=2) + "\n")


if __name__ == "__main__":
    with Stack.temporary(replace(TENOR, early=(), late=())) as stack:
        run(main(stack))
