"""One run: people act, the weather is bad, everything comes to rest, and is judged."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import httpx

from chaos.people import Diary, People
from chaos.verdict import Finding, findings
from chaos.weather import Weather
from demo.tenor import Tenor
from stack.stack import Stack

BORROWERS = 6
CROWD = 4  # people who act at the same time
CALL_PATIENCE = 20  # seconds for one call

Say = Callable[[str], None]


@dataclass
class Outcome:
    diary: Diary
    weather: Weather
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0

    @property
    def well(self) -> bool:
        return all(finding.holds for finding in self.findings)


async def run_chaos(stack: Stack, seed: int, *, kills_each: int, minutes: float, say: Say) -> Outcome:
    """`kills_each` of every victim, spread by chance over at least `minutes`."""
    chance, diary, began = Random(seed), Diary(), time.monotonic()  # noqa: S311  chance, not secrets
    weather = Weather(stack, chance, diary)
    outcome = Outcome(diary, weather)
    async with (
        Tenor.of(stack) as tenor,
        httpx.AsyncClient(base_url=stack.addresses.api, timeout=CALL_PATIENCE, trust_env=False) as http,
    ):
        people = People(tenor, http, chance, diary)
        await asyncio.gather(*(people.borrow() for _ in range(BORROWERS)))
        say(f"{BORROWERS} loans are paid out.")
        await _storm(people, weather, kills_each, minutes, say)
        await weather.clear_up()
        say("The storm is over. Asking again what nobody answered, and auditing.")
        outcome.findings = [finding async for finding in findings(tenor, diary)]
    outcome.seconds = time.monotonic() - began
    return outcome


async def _storm(people: People, weather: Weather, kills_each: int, minutes: float, say: Say) -> None:
    crowd = [asyncio.create_task(_keep_acting(people)) for _ in range(CROWD)]
    borrowing = asyncio.create_task(_keep_borrowing(people))
    victims = weather.forecast(kills_each)
    pause = max(0.5, minutes * 60 / max(1, len(victims)) - 6)
    try:
        for victim in victims:
            await asyncio.wait([*crowd, borrowing], timeout=pause, return_when=asyncio.FIRST_EXCEPTION)
            await weather.change()
            await weather.kill(victim)
            say(f"killed {victim}: somebody's write was acknowledged after {weather.kills[-1].seconds:.1f} s")
    finally:
        await weather.clear_up()
        await _stop([*crowd, borrowing])


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
