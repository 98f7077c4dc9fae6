"""The same events to a real RabbitMQ, when Debian's package of it is installed."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aio_pika
import pytest

from infrastructure.events.broker import EXCHANGE, place_of
from stack.probes import LOOPBACK, free_port, listens
from tests.infrastructure.events.conftest import Listener, Post
from tests.infrastructure.events.test_process import relay_process
from tests.servers import Database

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class Rabbit:
    """A server of its own, on ports of its own; `start` and `kill` may be called more than once."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@{LOOPBACK}:{self.port}/"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "RABBITMQ_NODENAME": f"tenor-{secrets.token_hex(4)}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            "RABBITMQ_PID_FILE": str(directory / "pid"),
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": LOOPBACK,
        }

    async def start(self) -> None:
        """Returns when it listens."""
        self._process = self._launched()
        ready = listens(self.port)
        async with asyncio.timeout(90):
            while not await asyncio.to_thread(ready):
                assert self._process.poll() is None
                await asyncio.sleep(0.2)

    def _launched(self) -> "subprocess.Popen[bytes]":
        quiet = subprocess.DEVNULL
        return subprocess.Popen([SERVER], env=self._environment, stdout=quiet, stderr=quiet, start_new_session=True)

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def end(self) -> None:
        self.kill()
        end_names = [shutil.which("epmd") or "epmd", "-kill"]
        for _ in range(50):  # it stays as long as it takes a dead node for a living one
            ended = subprocess.run(end_names, env=self._environment, capture_output=True, text=True, check=False)
            if "Killed" in ended.stdout or "Cannot connect" in ended.stdout + ended.stderr:
                return
            time.sleep(0.1)


@pytest.fixture
def rabbit(tmp_path: Path) -> Iterator[Rabbit]:
    server = Rabbit(tmp_path)
    yield server
    server.end()


async def listening_queue(rabbit: Rabbit, pattern: str, resources: AsyncExitStack) -> Any:
    connection = await resources.enter_async_context(await aio_pika.connect(rabbit.url))
    channel = await connection.channel()
    exchange = await channel.declare_exchange(EXCHANGE.name, aio_pika.ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue("events", durable=True)
    await queue.bind(exchange, pattern)
    return queue


@pytest.mark.skipif(not SERVER.exists(), reason="Debian's package rabbitmq-server is not installed")
async def test_rabbitmq_is_told_every_event_in_order_though_it_is_killed_meanwhile(
    rabbit: Rabbit, post: Post, listener: Listener, database: Database
) -> None:
    await rabbit.start()
    async with AsyncExitStack() as resources:
        await listening_queue(rabbit, "tenor.loan.#", resources)
    await post.subscribe(listener.url)
    with relay_process(database, TENOR_EVENTS_BROKER_URL=rabbit.url):
        await post.until(lambda: _broker_is_open(post))
        await post.bank.disbursed()
        await post.until(lambda: _delivered(post, 7))
        rabbit.kill()
        second = await post.bank.apply()
        await post.until(lambda: any(event["subject"] == second for event in listener.heard))
        await post.until(lambda: _failed(post))
        await rabbit.start()
        await post.until(lambda: _delivered_in_time(post, 8))
    async with AsyncExitStack() as resources:
        queue = await listening_queue(rabbit, "tenor.loan.#", resources)
        messages = [await queue.get(timeout=10) for _ in range(8)]
        events = [json.loads(message.body) for message in messages]
    assert [int(event["sequence"]) for event in events] == [1, 2, 3, 4, 5, 6, 7, 1]
    assert [message.routing_key for message in messages] == [event["type"] for event in events]
    assert {message.content_type for message in messages} == {"application/cloudevents+json"}
    assert {message.delivery_mode for message in messages} == {aio_pika.DeliveryMode.PERSISTENT}


async def _broker_is_open(post: Post) -> bool:
    rows = await post.bank.rows("SELECT 1 FROM event_endpoints WHERE kind = 'broker' AND disabled_at IS NULL")
    return bool(rows)


async def _delivered(post: Post, count: int) -> bool:
    return len(await _of_broker(post, "state = 'delivered'")) == count


async def _delivered_in_time(post: Post, count: int) -> bool:
    """The relay finds back to the broker within seconds; its next attempt is not always that soon."""
    await asyncio.sleep(0.3)
    await post.let_pass(hours=0.1)
    return await _delivered(post, count)


async def _failed(post: Post) -> bool:
    return bool(await _of_broker(post, "error IS NOT NULL"))


async def _of_broker(post: Post, condition: str) -> list[Any]:
    joined = "event_deliveries d JOIN event_endpoints e ON e.id = d.endpoint_id AND e.kind = 'broker'"
    return await post.bank.rows(f"SELECT 1 FROM {joined} WHERE {condition}")  # noqa: S608


def test_a_brokers_password_is_never_shown() -> None:
    assert place_of("amqp://user:secret@rabbit.internal/lender") == "amqp://rabbit.internal:5672/lender"
