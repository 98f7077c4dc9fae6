"""Telling a borrower of one event: what the product makes a notice, handed to whoever sends it."""

from domain.errors import CustomerErased, UnknownCustomer
from domain.ports import Notifier, ProviderRefused, ProviderUnavailable
from infrastructure.events.cloud_event import LoanEvent
from infrastructure.events.sending import Answer
from infrastructure.keys.provider import KeysUnavailable
from infrastructure.keys.sealing import NotSealedHere
from infrastructure.postgres.event_endpoints import Endpoint
from infrastructure.postgres.notices import Notices


class NoticeSender:
    """A `Sender`. The event's id is the key, so that a borrower gets one notice however often it is tried."""

    def __init__(self, notices: Notices, notifier: Notifier) -> None:
        self._notices, self._notifier = notices, notifier

    async def send(self, endpoint: Endpoint, event: LoanEvent) -> Answer:
        addressed = await self._notices.of(event)
        if addressed is None:
            return Answer(error="not_in_product", ends_as="withheld")
        try:
            await self._notifier.notify(
                key=event.id, customer_id=addressed.customer_id, template=addressed.template, facts=_facts(event)
            )
        except CustomerErased:
            return Answer(error="customer_erased", ends_as="withheld")
        except (UnknownCustomer, NotSealedHere):
            return Answer(error="address_unreadable", ends_as="dead")
        except ProviderRefused as refusal:
            return Answer(error=refusal.reason, ends_as="dead")
        except (KeysUnavailable, ProviderUnavailable) as away:
            return Answer(error=str(away))
        return Answer()


def _facts(event: LoanEvent) -> dict[str, str]:
    """Amounts, dates and codes. The engine's reasons and what a person wrote are not for templates."""
    return {**event.data["details"], "loan_id": event.loan_id, "time": event.time}
