"""The relay's composition root: the process that tells the outside, and borrowers, what happened to loans."""

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import httpx
from pydantic import SecretStr

from infrastructure.entry import run
from infrastructure.events.notices import NoticeSender
from infrastructure.events.relay import Relay
from infrastructure.events.sending import Sender, WebhookSender
from infrastructure.keys.choosing import key_provider
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.event_deliveries import Deliveries
from infrastructure.postgres.event_endpoints import Endpoints
from infrastructure.postgres.notices import Notices
from infrastructure.providers.connection import ProviderConnection
from infrastructure.providers.notifier import HttpNotifier
from infrastructure.settings import Settings
from infrastructure.telemetry.logs import configure_logging
from infrastructure.telemetry.metrics import serving_metrics


async def main(settings: Settings) -> None:
    configure_logging(settings)
    async with AsyncExitStack() as resources:
        engine = create_engine(settings.database_url.get_secret_value())
        resources.push_async_callback(engine.dispose)
        keys = DataKeys(engine, key_provider(settings))
        endpoints = Endpoints(engine, keys)
        senders: dict[str, Sender] = {"webhook": _webhooks(settings)}
        http = await resources.enter_async_context(httpx.AsyncClient())
        senders["notifier"] = NoticeSender(Notices(engine), _notifier(settings, http, Customers(engine, keys)))
        await endpoints.configure_notifier(settings.notifier_url, datetime.now(UTC))
        if settings.events_broker_url is not None:
            senders["broker"] = await _broker(settings.events_broker_url, settings, endpoints, resources)
        else:
            await endpoints.configure_broker(None, datetime.now(UTC))
        relay = Relay(Deliveries(engine), endpoints, senders)
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, relay.stop)
        resources.enter_context(
            serving_metrics(settings.model_copy(update={"metrics_port": settings.relay_metrics_port}))
        )
        await relay.run()


def _webhooks(settings: Settings) -> WebhookSender:
    return WebhookSender(source=settings.events_source, allow_private=settings.webhooks_allow_private)


def _notifier(settings: Settings, http: httpx.AsyncClient, customers: Customers) -> HttpNotifier:
    api_key = settings.notifier_api_key.get_secret_value()
    connection = ProviderConnection(name="notifier", base_url=settings.notifier_url, api_key=api_key, http=http)
    return HttpNotifier(connection, customers)


async def _broker(url: SecretStr, settings: Settings, endpoints: Endpoints, resources: AsyncExitStack) -> Sender:
    from infrastructure.events.broker import BrokerSender, place_of

    await endpoints.configure_broker(place_of(url.get_secret_value()), datetime.now(UTC))
    sender = BrokerSender(url.get_secret_value(), source=settings.events_source)
    return await resources.enter_async_context(sender)


if __name__ == "__main__":
    run(main(Settings.load()))
