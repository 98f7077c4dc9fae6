"""Comparing passwords: slow on purpose, so in threads of their own, and a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from infrastructure.security import hash_password, password_matches

Answer = TypeVar("Answer")

THREADS = 2  # a crowd at the door waits for these, and nobody else does


class Passwords:
    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self.turns = asyncio.Semaphore(THREADS)  # for whoever counts guesses: no more than these are under way

    async def hashed(self, password: str) -> str:
        """Raises InvalidValue for a password that bcrypt would cut short."""
        return await self._in_a_thread(lambda: hash_password(password))

    async def matches(self, password: str, hashed: str | None) -> bool:
        return await self._in_a_thread(lambda: password_matches(password, hashed))

    async def _in_a_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
