"""Loans bought from another lender, and somebody who closes their days while the storm goes on."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.seed import seed
from chaos.caller import Caller
from domain.ports import BooksUnavailable
from infrastructure.postgres.engine import named_outages

AGES: Final = (25, 70, 130)  # days, of the loans that are bought
LOANS_OF_A_PARTITION: Final = 250
# What the stack is told: small partitions, so that a kill finds a day half done, and tokens that outlive the storm.
SETTINGS: Final[Mapping[str, str]] = {
    "TENOR_LOANS_OF_A_PARTITION": str(LOANS_OF_A_PARTITION),
    "TENOR_TOKEN_MINUTES": str(24 * 60),
}

PATIENCE: Final = 10  # seconds in which a day that was asked for is under way

# Some loans have the day's interest, and the day is not closed. Loans of today's borrowers are ahead of all these days.
UNDER_WAY = text("""
SELECT EXISTS (SELECT FROM accruals WHERE active
                  AND accrued_through > (SELECT max(day) FROM closings) AND accrued_through <= :yesterday)
""")


@dataclass
class BackOffice:
    """Closes the days from `bought` to yesterday one after another, and misses some, which are closed with the next."""

    operator: Caller
    engine: AsyncEngine
    chance: Random
    bought: date
    pause: float  # seconds between two closes
    asked: list[date] = field(default_factory=list)
    _haste: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def yesterday(self) -> date:
        return datetime.now(UTC).date() - timedelta(days=1)

    @property
    def is_done(self) -> bool:
        return bool(self.asked) and self.asked[-1] >= self.yesterday

    async def keep_closing(self) -> None:
        while not self.is_done:
            last = self.asked[-1] if self.asked else self.bought
            missed = self.chance.choice((0, 0, 1))
            await self._close(min(last + timedelta(1 + missed), self.yesterday))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._haste.wait(), self.pause)
            self._haste.clear()

    async def finish(self) -> None:
        """What is under way, and then whatever was left open, in one go."""
        for day in (*self.asked[-1:], self.yesterday):
            await self._close(day)

    async def _close(self, day: date) -> None:
        self.asked.append(day)
        key = str(UUID(int=self.chance.getrandbits(128), version=4))
        await self.operator.insist("/api/admin/v1/close-of-business", {"day": str(day)}, key)
        async with asyncio.timeout(PATIENCE * 20):
            while not (await self.operator.look("/api/admin/v1/portfolio", day=str(day)))["products"]:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def in_the_middle(self) -> bool:
        """Wait for the moment in which a day is half done. False when none comes."""
        self._haste.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not self.is_done:
                    if await self._is_under_way():
                        return True
                    await asyncio.sleep(0.002)
        return False

    async def _is_under_way(self) -> bool:
        with suppress(BooksUnavailable), named_outages():
            async with self.engine.connect() as connection:
                return bool(await connection.scalar(UNDER_WAY, {"yesterday": self.yesterday}))
        return False


async def buy(owner_url: str, loans: int, days: int) -> date:
    """The day as of which they were bought: so many days before yesterday."""
    bought = datetime.now(UTC).date() - timedelta(days=days + 1)
    await seed(owner_url, loans, bought, ages=AGES, say=lambda _: None)
    return bought
