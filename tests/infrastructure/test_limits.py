"""Whoever asks too often waits, and nobody else does: counted in one process, or in Redis for all."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from limits import RateLimitItemPerMinute

from infrastructure.limits import Limits, TooMany
from stack.probes import free_port

TWICE = RateLimitItemPerMinute(2)


async def twice_more(limits: Limits, exact: bool) -> None:
    """Once more may pass, where the count is rough and a minute turns."""
    for _ in range(2):
        await limits.hit(TWICE, "192.0.2.1", exact=exact)


@pytest.mark.parametrize("exact", [True, False])
async def test_whoever_asks_too_often_is_told_when_to_come_back(exact: bool) -> None:
    limits = Limits()
    for _ in range(2):
        await limits.hit(TWICE, "192.0.2.1", exact=exact)
    with pytest.raises(TooMany) as refused:
        await twice_more(limits, exact)
    assert 0 < refused.value.retry_after <= 60
    await limits.hit(TWICE, "192.0.2.2", exact=exact)


async def test_while_redis_is_away_everybody_is_let_in(caplog: pytest.LogCaptureFixture) -> None:
    limits = Limits(f"redis://127.0.0.1:{free_port()}")
    for _ in range(5):
        await limits.hit(TWICE, "192.0.2.1")
    await limits.aclose()
    assert "Redis does not count" in caplog.text


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("there is no redis-server on this machine (Debian: apt-get install redis-server)")
    port = free_port()
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    with redis.Redis(port=port) as client:
        for _ in range(200):
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
    raise TimeoutError("redis-server does not answer")


@pytest.mark.parametrize("exact", [True, False])
async def test_redis_counts_for_all_processes(redis_url: str, exact: bool) -> None:
    one, other = Limits(redis_url), Limits(redis_url)
    await one.hit(TWICE, "192.0.2.1", exact=exact)
    await other.hit(TWICE, "192.0.2.1", exact=exact)
    with pytest.raises(TooMany):
        await twice_more(one, exact)
    await other.hit(TWICE, "192.0.2.2", exact=exact)
    for limits in (one, other):
        await limits.aclose()
