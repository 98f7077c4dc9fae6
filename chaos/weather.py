"""What goes wrong: SIGKILL at random moments, and providers that are slow, away, or silent."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

from chaos.diary import Diary
from stack.stack import Stack

PATIENCE = 300  # seconds for which somebody may wait after a kill
VICTIMS = ("worker", "temporal", "postgres")
PROVIDERS = ("kyc", "bureau", "payments")
MOODS: tuple[Mapping[str, Any], ...] = (
    {},
    {"slow": 0.5},
    {"slow": 3.0},
    {"down": True},
    {"commit_then_time_out": True},
)
MOODS_OF_THE_RAIL: tuple[Mapping[str, Any], ...] = (*MOODS, {"lose_webhook": True}, {"duplicate_webhook": True})


@dataclass(frozen=True, kw_only=True)
class Kill:
    """Seconds from the kill: until the process was `ready` again, until a write was acknowledged that was sent after
    it (`back`), and until nobody waited any more of those who had been waiting (`longest`)."""

    victim: str
    ready: float
    back: float
    longest: float
    while_closing: bool  # a day was half closed


class Weather:
    """`chance` decides; the same seed makes the same weather."""

    def __init__(self, stack: Stack, chance: Random, diary: Diary) -> None:
        self._stack, self._chance, self._diary = stack, chance, diary
        self.kills: list[Kill] = []
        self.moods: Counter[str] = Counter()

    def one_of_each(self) -> list[str]:
        """Every victim, in an order of chance."""
        return self._chance.sample(VICTIMS, k=len(VICTIMS))

    async def kill(self, victim: str, *, while_closing: bool = False) -> Kill:
        """SIGKILL, start again, and wait until nobody waits any more."""
        began, held_up = time.monotonic(), self._diary.unanswered()
        self._stack.kill(victim)
        await asyncio.to_thread(self._stack.restart, victim)
        ready = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            while not self._diary.answers(sent_after=began) or any(w.is_open for w in held_up):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        kill = Kill(
            victim=victim,
            ready=ready - began,
            back=min(self._diary.answers(sent_after=began)) - began,
            longest=max((write.answered - began for write in held_up if write.answered), default=0),
            while_closing=while_closing,
        )
        self.kills.append(kill)
        return kill

    async def change(self) -> None:
        """One provider gets into a mood, the others recover: or nobody would be lent anything."""
        provider = self._chance.choice(PROVIDERS)
        mood = self._chance.choice(MOODS_OF_THE_RAIL if provider == "payments" else MOODS)
        self.moods.update(f"{provider} {name}" for name in mood)
        await self.clear_up()
        await self.behave(mood, provider)

    async def clear_up(self) -> None:
        for provider in PROVIDERS:
            await self.behave({}, provider)

    async def behave(self, behaviour: Mapping[str, Any], provider: str = "payments") -> None:
        """The provider's switches from now on."""
        async with self._sandbox() as sandbox:
            (await sandbox.put(f"/switches/{provider}", json=behaviour)).raise_for_status()

    @asynccontextmanager
    async def _sandbox(self) -> AsyncIterator[httpx.AsyncClient]:
        token = {"Authorization": f"Bearer {self._stack.site.credentials.sandbox_admin_key}"}
        async with httpx.AsyncClient(base_url=self._stack.addresses.sandbox, headers=token, trust_env=False) as sandbox:
            yield sandbox
