"""`python -m chaos [--seed N] [--minutes M] [--kills N]`: ends with 1 when a promise was broken."""

import argparse
import secrets
import sys
from statistics import median

from rich.console import Console
from rich.table import Table

from chaos.run import Outcome, run_chaos
from chaos.weather import VICTIMS
from infrastructure.entry import run
from stack.stack import Stack

console = Console(highlight=False)


def main() -> int:
    asked = _asked()
    console.print(f"Chaos with seed {asked.seed}: make chaos SEED={asked.seed} MINUTES={asked.minutes:g}")
    with Stack.temporary() as stack:
        outcome = run(run_chaos(stack, asked.seed, kills_each=asked.kills, minutes=asked.minutes, say=console.print))
    _report(outcome)
    return 0 if outcome.well else 1


def _report(outcome: Outcome) -> None:
    table = Table("killed", "times", "median s", "longest s", title="From the kill to the next acknowledged write")
    for victim in VICTIMS:
        seconds = [kill.seconds for kill in outcome.weather.kills if kill.victim == victim]
        if seconds:
            table.add_row(victim, str(len(seconds)), f"{median(seconds):.1f}", f"{max(seconds):.1f}")
    console.print(table)
    for finding in outcome.findings:
        console.print(f"{'✓' if finding.holds else '✗'} {finding.promise} ({finding.says})")
    diary = outcome.diary
    console.print(
        f"{diary.operations} acknowledged operations, {len(diary.payments)} payments "
        f"({sum(p.repeats for p in diary.payments)} sent twice), {len(diary.reversals)} reversals, "
        f"{len(outcome.weather.kills)} kills, {outcome.seconds:.0f} s."
    )


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the same people and kills as another run")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long the storm lasts at least")
    parser.add_argument(
        "--kills", type=int, default=5, help="how often each of worker, temporal and postgres is killed"
    )
    asked = parser.parse_args()
    asked.seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    return asked


if __name__ == "__main__":
    sys.exit(main())
