"""The audit of the books, as a command: `python -m audit [--loans N]`. Ends with 1 when something is wrong.

It looks where TENOR_DATABASE_URL says; without it, at the stack that `make up` runs on this machine.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from infrastructure.entry import run
from infrastructure.postgres.audit.check import Answer
from infrastructure.postgres.audit.report import Report, audit
from infrastructure.postgres.engine import create_engine

HERE = Path(__file__).parent / ".tenor"


async def main(database_url: str, most_refolded: int | None, processes: int) -> int:
    engine, began = create_engine(database_url, pool_size=1), time.monotonic()
    try:
        report = await audit(engine, most_refolded=most_refolded, processes=processes)
    finally:
        await engine.dispose()
    sys.stdout.writelines(f"{line}\n" for line in lines(report, time.monotonic() - began))
    return 0 if report.clean else 1


def lines(report: Report, seconds: float) -> Iterator[str]:
    for answer in report.answers:
        yield from _of_check(answer)
    sample = "all" if report.refolded == report.loans else f"{report.refolded:,} of {report.loans:,}"
    yield f"{report.entries:,} journal entries, {report.loans:,} loans ({sample} computed anew), {seconds:.1f} seconds."
    yield "The books are clean." if report.clean else f"The books are wrong in {report.faults:,} places."


def _of_check(answer: Answer) -> Iterator[str]:
    yield f"{'FAULT' if answer.count else 'ok':5}  {answer.name}: {answer.promise}"
    yield from (f"         {finding.place} {finding.says}" for finding in answer.findings)
    if unnamed := answer.count - len(answer.findings):
        yield f"         and {unnamed:,} more"


def _database_url() -> str:
    if url := os.environ.get("TENOR_DATABASE_URL"):
        return url
    from stack.stack import Stack  # not part of what is deployed

    stack = Stack(HERE)
    if not stack.site.is_ready:
        raise SystemExit("No stack runs here. Start one by `make up`, or name a database by TENOR_DATABASE_URL.")
    return stack.addresses.application_database


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m audit", description="Audit the books.")
    parser.add_argument("--loans", type=int, metavar="N", help="compute N random loans anew, not all")
    parser.add_argument(
        "--processes", type=int, metavar="N", default=os.cpu_count() or 1, help="that compute loans (one per core)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    asked = _asked()
    sys.exit(run(main(_database_url(), asked.loans, asked.processes)))
