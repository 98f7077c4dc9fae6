"""One run: people act, days are closed, the weather is bad, everything comes to rest, and is judged."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import httpx

from chaos.back_office import BackOffice, buy
from chaos.caller import Caller
from chaos.diary import Diary
from chaos.finding import Finding
from chaos.people import People
from chaos.verdict import findings
from chaos.weather import VICTIMS, Weather
from demo.tenor import Tenor
from infrastructure.postgres.engine import create_engine
from stack.stack import Stack

BORROWERS = 6
CROWD = 4  # people who act at the same time
CALL_PATIENCE = 20  # seconds for one call
LONGEST_PAUSE = 10  # seconds between two kills, at most

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """At least `kills_each` of every victim, and then on until the `minutes` are over."""

    seed: int
    kills_each: int = 5
    minutes: float = 3.0
    imported: int = 2_000  # loans without a workflow, whose days are closed

    @property
    def days(self) -> int:
        """To be closed: enough for a close around every kill, and for some that are left to the end."""
        return min(120, 6 + max(self.kills_each * len(VICTIMS), int(self.minutes * 60 / LONGEST_PAUSE)))

    @property
    def pause(self) -> float:
        """Seconds between two kills on average, recoveries not counted."""
        return min(LONGEST_PAUSE / 2, self.minutes * 60 / (self.kills_each * len(VICTIMS)) / 2)


@dataclass
class Outcome:
    diary: Diary
    weather: Weather
    office: BackOffice
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0

    @property
    def well(self) -> bool:
        return all(finding.holds for finding in self.findings)


async def run_chaos(stack: Stack, plan: Plan, say: Say) -> Outcome:
    chance, began = Random(plan.seed), time.monotonic()  # noqa: S311  chance, not secrets
    async with _prepared(stack, plan, chance) as (tenor, people, outcome):
        await asyncio.gather(*(people.borrow() for _ in range(BORROWERS)))
        say(f"{BORROWERS} loans are paid out, {plan.imported:,} were imported. The storm begins.")
        await _storm(people, outcome, chance, plan, say)
        say("The storm is over. Closing what days are left, asking again what nobody answered, and auditing.")
        await outcome.office.finish()
        outcome.findings = [finding async for finding in findings(tenor, outcome.diary, outcome.office)]
    outcome.seconds = time.monotonic() - began
    return outcome


@asynccontextmanager
async def _prepared(stack: Stack, plan: Plan, chance: Random) -> AsyncIterator[tuple[Tenor, People, Outcome]]:
    diary, engine = Diary(), create_engine(stack.addresses.application_database, pool_size=1)
    bought = await buy(stack.addresses.owner_database, plan.imported, plan.days)
    try:
        async with (
            Tenor.of(stack) as tenor,
            httpx.AsyncClient(base_url=stack.addresses.api, timeout=CALL_PATIENCE, trust_env=False) as http,
        ):
            operator = Caller(http, {"Authorization": f"Bearer {tenor.operator.token}"})
            office = BackOffice(operator, engine, Random(plan.seed), bought, pause=4 * plan.pause)  # noqa: S311
            outcome = Outcome(diary, Weather(stack, chance, diary), office)
            yield tenor, People(tenor, http, chance, diary), outcome
    finally:
        await engine.dispose()


async def _storm(people: People, outcome: Outcome, chance: Random, plan: Plan, say: Say) -> None:
    busy = [asyncio.create_task(_keep_acting(people)) for _ in range(CROWD)]
    busy += [asyncio.create_task(_keep_borrowing(people)), asyncio.create_task(outcome.office.keep_closing())]
    ends, rounds = time.monotonic() + plan.minutes * 60, 0
    try:
        while rounds < plan.kills_each or time.monotonic() < ends:
            for victim in outcome.weather.one_of_each():
                await asyncio.wait(busy, timeout=chance.uniform(0, 2 * plan.pause), return_when=asyncio.FIRST_EXCEPTION)
                await _strike(victim, outcome, chance, say)
            rounds += 1
    finally:
        await outcome.weather.clear_up()
        await _stop(busy)


async def _strike(victim: str, outcome: Outcome, chance: Random, say: Say) -> None:
    """Every second kill, by chance, waits for the moment in which a day is half closed."""
    await outcome.weather.change()
    halfway = chance.random() < 0.5 and await outcome.office.in_the_middle()
    kill = await outcome.weather.kill(victim, while_closing=halfway)
    when = "with a day half closed" if halfway else ""
    say(f"  killed {victim:8} {when:22} back in {kill.back:4.1f} s, held up {kill.longest:4.1f} s")


async def _keep_acting(people: People) -> None:
    while True:
        await people.act()


async def _keep_borrowing(people: People) -> None:
    while True:
        await people.borrow()
        await asyncio.sleep(1)


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    """Whoever is in the middle of something hangs up. What they know of it is in the diary."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
