"""Telling by webhook: signed by the Standard Webhooks convention, tried again when it isn't taken."""

import asyncio
import json
import logging
from datetime import UTC, datetime
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from sandbox.behaviour import Provider
from sandbox.settings import SandboxSettings

log = logging.getLogger(__name__)

Event = dict[str, str | list[str] | None]


class WebhookSender:
    """At least once: until it is answered with a 2xx or the waits between attempts are used up."""

    def __init__(self, settings: SandboxSettings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http

    async def tell(self, provider: Provider, event: Event, *, message_id: str) -> None:
        if self._settings.callback_url is None:
            return
        for wait in (0.0, *self._settings.webhook_retry_seconds):
            await asyncio.sleep(wait)
            if await self._taken(provider, json.dumps(event), message_id):
                return
        log.warning("nobody took webhook %s of %s", message_id, provider)

    async def _taken(self, provider: Provider, body: str, message_id: str) -> bool:
        """One attempt. The id stays, the time is the attempt's own."""
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._settings.webhook_secret(provider)).sign(message_id, now, body),
        }
        url = f"{self._settings.callback_url}/api/v1/webhooks/{provider}"
        try:
            response = await self._http.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            log.info("webhook %s of %s: %s", message_id, provider, type(error).__name__)
            return False
        return response.is_success


def new_message_id() -> str:
    return f"msg_{uuid4().hex}"
