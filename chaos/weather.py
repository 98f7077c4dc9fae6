"""What goes wrong: SIGKILL at random moments, and a payment rail that is slow, away, or silent."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

from chaos.people import Diary
from stack.stack import Stack

VICTIMS = ("worker", "temporal", "postgres")
MOODS: tuple[Mapping[str, Any], ...] = (
    {},
    {"slow": 0.5},
    {"down": True},
    {"commit_then_time_out": True},
    {"lose_webhook": True},
    {"duplicate_webhook": True},
)


@dataclass(frozen=True)
class Kill:
    """`seconds` from the kill to the next acknowledged write of anybody."""

    victim: str
    seconds: float


class Weather:
    def __init__(self, stack: Stack, chance: Random, diary: Diary) -> None:
        self._stack, self._chance, self._diary = stack, chance, diary
        self.kills: list[Kill] = []

    def forecast(self, each: int) -> list[str]:
        """Every victim `each` times, in an order of chance."""
        victims = [victim for victim in VICTIMS for _ in range(each)]
        self._chance.shuffle(victims)
        return victims

    async def kill(self, victim: str) -> None:
        """SIGKILL, start again, and wait until somebody's write is acknowledged."""
        self._stack.kill(victim)
        self._diary.acknowledged.clear()
        began = time.monotonic()
        await asyncio.to_thread(self._stack.restart, victim)
        await self._diary.acknowledged.wait()
        self.kills.append(Kill(victim, time.monotonic() - began))

    async def change(self) -> None:
        await self.behave(self._chance.choice(MOODS))

    async def clear_up(self) -> None:
        await self.behave({})

    async def behave(self, behaviour: Mapping[str, Any]) -> None:
        """The payment rail's switches from now on."""
        async with self._sandbox() as sandbox:
            (await sandbox.put("/switches/payments", json=behaviour)).raise_for_status()

    @asynccontextmanager
    async def _sandbox(self) -> AsyncIterator[httpx.AsyncClient]:
        token = {"Authorization": f"Bearer {self._stack.site.credentials.sandbox_admin_key}"}
        async with httpx.AsyncClient(base_url=self._stack.addresses.sandbox, headers=token, trust_env=False) as sandbox:
            yield sandbox
