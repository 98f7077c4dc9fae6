"""Telling one event to one endpoint, once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from infrastructure.events.addresses import AddressRefused, resolve
from infrastructure.events.cloud_event import CONTENT_TYPE, LoanEvent, cloud_event
from infrastructure.events.retries import EndedAs
from infrastructure.postgres.event_endpoints import Endpoint

TIMEOUT = 15  # seconds for a whole attempt; less than a claim lasts


@dataclass(frozen=True, slots=True)
class Answer:
    """`error` None: the event was taken. With `ends_as`, trying it again makes no sense."""

    status_code: int | None = None
    error: str | None = None
    ends_as: EndedAs | None = None


class Sender(Protocol):
    async def send(self, endpoint: Endpoint, event: LoanEvent) -> Answer: ...


class WebhookSender:
    """By the Standard Webhooks convention. A 2xx is a yes; everything else, redirects too, is a no."""

    def __init__(self, *, source: str, allow_private: bool) -> None:
        self._source = source
        self._allow_private = allow_private

    async def send(self, endpoint: Endpoint, event: LoanEvent) -> Answer:
        body = cloud_event(event, self._source)
        try:
            status = await self._post(endpoint.url, body, _signed(endpoint, event, body))
        except AddressRefused as refusal:
            return Answer(error=str(refusal))
        except (TimeoutError, httpx.TimeoutException):
            return Answer(error="timed_out")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(error=f"not_reached: {type(error).__name__}")
        return Answer(status_code=status, error=None if 200 <= status < 300 else f"http_{status}")

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """To the address that was checked, under the name that was given: its certificate is verified for that name.

        Each attempt has a connection of its own, and nothing of the answer is read but its status.
        """
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await resolve(parts.hostname or "", port, allow_private=self._allow_private)
        target = httpx.URL(url).copy_with(host=address)
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT) as http,
            http.stream(
                "POST",
                target,
                content=body,
                headers={"host": parts.netloc, **headers},
                extensions={"sni_hostname": parts.hostname or ""},
            ) as response,
        ):
            return response.status_code


def _signed(endpoint: Endpoint, event: LoanEvent, body: bytes) -> dict[str, str]:
    """While a secret is being replaced, the old one signs, too."""
    now = datetime.now(UTC)
    signatures = [Webhook(secret).sign(event.id, now, body.decode()) for secret in endpoint.secrets]
    return {
        "content-type": CONTENT_TYPE,
        "user-agent": "tenor",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
