"""A day of a whole portfolio: through Temporal, and the same SQL bare. LOANS=1000000 make bench-close"""

import argparse
import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from temporalio.client import Client, WorkflowHandle

from activities.portfolio import ClosingOfBooks, Share, Work
from bench.machine import machine, resident_megabytes
from infrastructure.entry import run
from infrastructure.histories import actions
from infrastructure.payload_codec import converter_of
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.portfolio import PostgresPortfolio
from stack.blueprint import TENOR
from stack.stack import Stack
from stack.temporal_server import NAMESPACE
from workflows.close_of_business import Closed, CloseOfBusinessWorkflow
from workflows.closing import start_closing
from workflows.options import SIGN_OF_LIFE

RESULTS = Path(__file__).parent / "results" / "close_of_business.json"
LANES = 4
BEAT_SECONDS = 0.8 * SIGN_OF_LIFE.total_seconds()


@dataclass
class Run:
    """One close. `seconds` as its caller sees it."""

    day: str
    seconds: float
    accrued: int
    moved: int
    charged_off: int
    events: int = 0
    actions: int = 0
    heartbeats_at_most: int = 0
    worker_megabytes: list[float] = field(default_factory=list)


class Nobody:
    """LoanWorkflows of a portfolio that has none."""

    async def refresh(self, loan_id: str) -> None:
        raise AssertionError(f"nobody applied for loan {loan_id}")


async def through_temporal(client: Client, day: date, worker: int) -> Run:
    with _watching(worker) as megabytes:
        began = perf_counter()
        handle = await start_closing(client, day)
        closed = await handle.result()
        seconds = perf_counter() - began
    return await _with_history(_run(day, seconds, closed.work), handle, megabytes)


async def bare(closing: ClosingOfBooks, portfolio: PostgresPortfolio, day: date) -> Run:
    """The same statements in the same lanes, by a process that does nothing else."""
    began = perf_counter()
    assert await portfolio.open_days(day) == (day,)
    partitions = await portfolio.partitions()
    shares = [Share(day=day, lane=n, lanes=LANES, partitions=partitions, at=datetime.now(UTC)) for n in range(LANES)]
    done = await asyncio.gather(*(closing.work_through(share) for share in shares))
    await portfolio.close(day, datetime.now(UTC))
    await portfolio.moved(day)
    return _run(day, perf_counter() - began, sum(done, Work()))


def _run(day: date, seconds: float, work: Work) -> Run:
    return Run(str(day), round(seconds, 2), work.accrued, work.moved, work.charged_off)


async def _with_history(
    done: Run, handle: WorkflowHandle[CloseOfBusinessWorkflow, Closed], megabytes: list[float]
) -> Run:
    events = (await handle.fetch_history()).events
    beats = (LANES + 1) * (1 + int(done.seconds / BEAT_SECONDS))  # the SDK sends an activity's first beat at once
    return replace(
        done,
        events=len(events),
        actions=actions(events).total(),
        heartbeats_at_most=beats,
        worker_megabytes=megabytes,
    )


@contextmanager
def _watching(pid: int) -> Iterator[list[float]]:
    """Before, the most during, and after."""
    seen, over = [resident_megabytes(pid)], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            seen.append(resident_megabytes(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    kept: list[float] = []
    try:
        yield kept
    finally:
        over.set()
        thread.join()
        kept.extend([seen[0], max(seen), resident_megabytes(pid)])


async def measure(stack: Stack, loans: int, as_of: date, pairs: int) -> dict[str, object]:
    client = await Client.connect(
        stack.addresses.temporal,
        namespace=NAMESPACE,
        data_converter=converter_of(stack.site.credentials.local_keys),
    )
    engine = create_engine(stack.addresses.application_database)
    portfolio = PostgresPortfolio(engine)
    closing = ClosingOfBooks(portfolio, PostgresLoanBooks(engine), Nobody())
    days = [as_of + timedelta(n) for n in range(1, 2 * pairs + 1)]
    runs, bares = [], []
    for first, second in zip(days[::2], days[1::2], strict=True):
        runs.append(await through_temporal(client, first, stack.pids["worker"]))
        print("  through Temporal", runs[-1], flush=True)
        bares.append(await bare(closing, portfolio, second))
        print("  bare            ", bares[-1], flush=True)
    again = await through_temporal(client, days[-1], stack.pids["worker"])
    await engine.dispose()
    return _report(loans, runs, bares, again)


def _report(loans: int, runs: list[Run], bares: list[Run], again: Run) -> dict[str, object]:
    rate = median(each.accrued / each.seconds for each in runs)
    bare_rate = median(each.accrued / each.seconds for each in bares)
    return {
        "loans": loans,
        "loans_per_second": round(rate),
        "bare_loans_per_second": round(bare_rate),
        "ratio": round(rate / bare_rate, 2),
        "actions": max(each.actions + each.heartbeats_at_most for each in runs),
        "events": max(each.events for each in runs),
        "rerun_seconds": again.seconds,
        "rerun_share": round(again.seconds / median(each.seconds for each in runs), 3),
        "rerun_accrued": again.accrued,
        "worker_megabytes": {"before": runs[0].worker_megabytes[0], "most": max(r.worker_megabytes[1] for r in runs)},
        "runs": [asdict(each) for each in runs],
        "bare": [asdict(each) for each in bares],
        "rerun": asdict(again),
        "machine": machine(),
    }


def seed(stack: Stack, loans: int, as_of: date) -> None:
    command = [sys.executable, "-m", "bench.seed", "--loans", str(loans), "--as-of", str(as_of)]
    subprocess.run(command, env=dict(stack.environment), cwd=Path(__file__).parents[1], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    as_of = datetime.now(UTC).date() - timedelta(days=2 * asked.pairs + 2)
    only_the_worker = replace(TENOR, early=(), late=tuple(s for s in TENOR.late if s.name == "worker"), beside=())
    with Stack.temporary(only_the_worker) as stack:
        seed(stack, asked.loans, as_of)
        report = run(measure(stack, asked.loans, as_of, asked.pairs))
    asked.results.parent.mkdir(exist_ok=True)
    asked.results.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps({key: value for key, value in report.items() if key not in ("runs", "bare", "rerun")}, indent=1))


if __name__ == "__main__":
    main()
