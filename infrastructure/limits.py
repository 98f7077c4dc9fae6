"""How often somebody may do something, counted in this process, or in Redis for all of them."""

import logging
import math
import time
from typing import Final

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool

from infrastructure.settings import Settings

log: Final = logging.getLogger(__name__)


class TooMany(Exception):
    """Try again in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} seconds")
        self.retry_after = retry_after


class Limits:
    """While Redis is away everybody is let in: better a guesser's minute than a bank that is shut."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._redis = ConnectionPool.from_url(redis_url) if redis_url else None
        storage = _in_redis(redis_url, self._redis) if redis_url else MemoryStorage()
        self._exact, self._rough = MovingWindowRateLimiter(storage), SlidingWindowCounterRateLimiter(storage)

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(settings.redis_url.get_secret_value() if settings.redis_url else None)

    async def hit(self, limit: RateLimitItem, who: str, *, exact: bool = True) -> None:
        """Raises TooMany. Exact remembers each time; else two numbers are remembered, however many times there are."""
        limiter = self._exact if exact else self._rough
        try:
            if not await limiter.hit(limit, who):
                free_at = (await limiter.get_window_stats(limit, who)).reset_time
                raise TooMany(max(1, math.ceil(free_at - time.time())))
        except StorageError as error:
            log.warning("Redis does not count: %s", error)

    async def aclose(self) -> None:
        if self._redis is not None:
            await self._redis.disconnect()


def _in_redis(url: str, pool: ConnectionPool | None) -> RedisStorage:
    return RedisStorage(f"async+{url}", wrap_exceptions=True, implementation="redispy", connection_pool=pool)  # type: ignore[arg-type]  # it is handed on as it is
