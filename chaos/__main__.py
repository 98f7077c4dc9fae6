"""`python -m chaos [--seed N] [--minutes M] [--kills N]`: ends with 1 when a promise was broken."""

import argparse
import secrets
import sys
from statistics import median

from rich.console import Console
from rich.table import Table

from chaos.back_office import SETTINGS
from chaos.run import Outcome, Plan, run_chaos
from chaos.weather import VICTIMS
from infrastructure.entry import run
from stack.stack import Stack

console = Console(highlight=False)


def main() -> int:
    plan = _asked()
    console.print(f"Chaos with seed {plan.seed}: make chaos SEED={plan.seed} MINUTES={plan.minutes:g}")
    with Stack.temporary(settings=SETTINGS) as stack:
        outcome = run(run_chaos(stack, plan, console.print))
    _report(outcome)
    return 0 if outcome.well else 1


def _report(outcome: Outcome) -> None:
    console.print(_recoveries(outcome))
    for finding in outcome.findings:
        console.print(f"{'✓' if finding.holds else '✗'} {finding.promise} ({finding.says})")
    console.print(_counts(outcome))
    console.print("[bold green]Every promise was kept.[/]" if outcome.well else "[bold red]A promise was broken.[/]")


def _recoveries(outcome: Outcome) -> Table:
    """`back`: a write that was sent after the kill is acknowledged. `held up`: those who were waiting when it came."""
    table = Table("killed", "times", "day half closed", "process ready", "back", "held up")
    table.title = "Kills, and seconds from each: median, worst"
    for victim in VICTIMS:
        kills = [kill for kill in outcome.weather.kills if kill.victim == victim]
        columns = ([k.ready for k in kills], [k.back for k in kills], [k.longest for k in kills])
        halfway = sum(kill.while_closing for kill in kills)
        table.add_row(victim, str(len(kills)), str(halfway), *(f"{median(c):.1f}, {max(c):.1f}" for c in columns))
    return table


def _counts(outcome: Outcome) -> str:
    diary, weather = outcome.diary, outcome.weather
    moods = ", ".join(f"{mood} ({times})" for mood, times in sorted(weather.moods.items()))
    return (
        f"{diary.acknowledged:,} acknowledged operations, {len(diary.loans)} loans paid out, "
        f"{len(diary.payments):,} payments ({sum(p.repeats for p in diary.payments):,} sent twice), "
        f"{len(diary.reversals)} reversals, "
        f"{len(outcome.office.asked)} closes of business, {len(weather.kills)} kills, {outcome.seconds:.0f} s.\n"
        f"Providers were {moods or 'well'}."
    )


def _asked() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the same people and kills as another run")
    parser.add_argument("--minutes", type=float, default=Plan.minutes, help="how long the storm lasts at least")
    parser.add_argument(
        "--kills",
        type=int,
        default=Plan.kills_each,
        help="how often each of worker, temporal and postgres is killed, at least",
    )
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    return Plan(seed=seed, kills_each=asked.kills, minutes=asked.minutes)


if __name__ == "__main__":
    sys.exit(main())
