"""Comparing passwords: slow on purpose, so in threads of their own, and not as often as a guesser would like."""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from infrastructure.security import hash_password, password_matches

Answer = TypeVar("Answer")

THREADS = 2  # a crowd at the door waits for these, and nobody else does


class TooManyAttempts(Exception):
    """Try again in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many attempts: try again in {retry_after} seconds")
        self.retry_after = retry_after


class Passwords:
    """Failures per minute and account, and attempts per minute and address, as this process has seen them."""

    def __init__(self, *, failures: int = 10, attempts: int = 300) -> None:
        self._failures = RateLimitItemPerMinute(failures, namespace="failures")
        self._attempts = RateLimitItemPerMinute(attempts, namespace="attempts")
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")

    async def hashed(self, password: str) -> str:
        """Raises InvalidValue for a password that bcrypt would cut short."""
        return await self._in_a_thread(lambda: hash_password(password))

    async def matches(self, password: str, hashed: str | None) -> bool:
        return await self._in_a_thread(lambda: password_matches(password, hashed))

    def admit(self, address: str) -> None:
        """Raises TooManyAttempts."""
        if not self._limiter.hit(self._attempts, address):
            raise self._too_many(self._attempts, address)

    async def opens(self, account: str, password: str, hashed: str | None) -> bool:
        """Whether it is the account's password. Raises TooManyAttempts, also of an account that doesn't exist."""
        return await self._in_a_thread(lambda: self._try(account.lower(), password, hashed))

    def _try(self, account: str, password: str, hashed: str | None) -> bool:
        """In a thread as a whole: a thousand who ask at once are counted one after the other."""
        if not self._limiter.test(self._failures, account):
            raise self._too_many(self._failures, account)
        matches = password_matches(password, hashed)
        if not matches:
            self._limiter.hit(self._failures, account)
        return matches

    def _too_many(self, limit: RateLimitItem, who: str) -> TooManyAttempts:
        free_at = self._limiter.get_window_stats(limit, who).reset_time
        return TooManyAttempts(max(1, math.ceil(free_at - time.time())))

    async def _in_a_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
