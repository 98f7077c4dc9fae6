"""The same events to RabbitMQ, through FastStream: a durable topic exchange, the event's type as routing key."""

from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from aio_pika.exceptions import AMQPError
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange

from infrastructure.events.cloud_event import CONTENT_TYPE, LoanEvent, cloud_event
from infrastructure.events.sending import TIMEOUT, Answer
from infrastructure.postgres.event_endpoints import Endpoint

EXCHANGE = RabbitExchange("tenor.events", type=ExchangeType.TOPIC, durable=True)


class BrokerSender:
    """Connects when it must, and anew when the broker went away. The broker confirms each event before it counts."""

    def __init__(self, url: str, *, source: str) -> None:
        self._broker = RabbitBroker(url, logger=None)
        self._source = source
        self._connected = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._broker.stop()

    async def send(self, endpoint: Endpoint, event: LoanEvent) -> Answer:
        try:
            await self._connect()
            await self._broker.publish(
                cloud_event(event, self._source),
                routing_key=event.type,
                exchange=EXCHANGE,
                content_type=CONTENT_TYPE,
                message_id=event.id,
                persist=True,
                timeout=TIMEOUT,
            )
        except (AMQPError, OSError, TimeoutError, RuntimeError) as error:
            return Answer(error=f"not_reached: {type(error).__name__}")
        return Answer()

    async def _connect(self) -> None:
        if not self._connected:
            await self._broker.connect()
            await self._broker.declare_exchange(EXCHANGE)
            self._connected = True


def place_of(url: str) -> str:
    """The broker's address without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 5672}{parts.path}"
