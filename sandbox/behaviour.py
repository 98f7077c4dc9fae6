"""How a provider misbehaves. Switches are for all its customers; magic values bring the same for one customer."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Provider(StrEnum):
    KYC = "kyc"
    BUREAU = "bureau"
    PAYMENTS = "payments"
    NOTICES = "notices"


TELLS_BY_WEBHOOK = frozenset({Provider.KYC, Provider.PAYMENTS})

Seconds = Annotated[float, Field(ge=0, le=3600)]


class Behaviour(BaseModel):
    """All off: a provider on a good day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slow: Seconds = Field(default=0, description="Wait so long before doing anything")
    down: bool = Field(default=False, description="503 to everything; nothing is done")
    refuse: bool = Field(default=False, description="422 to what is new; what was taken before is still known")
    commit_then_time_out: bool = Field(default=False, description="Do what is new, and withhold the answer")
    late_webhook: Seconds = Field(default=0, description="Conclude, and tell, so much later")
    duplicate_webhook: bool = Field(default=False, description="Tell twice under one id and once under another")
    out_of_order: bool = Field(default=False, description="Tell by webhook before the request is answered")
    lose_webhook: bool = Field(default=False, description="Conclude, and never tell; who asks learns it")
    contradict: bool = Field(default=False, description="Conclude and tell the opposite first, then the truth")
    never: bool = Field(default=False, description="Never conclude: pending for ever, no webhook")

    def also(self, other: "Behaviour") -> "Behaviour":
        """Both at once; of two waits the longer."""
        return Behaviour(**{name: max(getattr(self, name), getattr(other, name)) for name in Behaviour.model_fields})

    @property
    def of_webhooks(self) -> frozenset[str]:
        """The switches set here that mean nothing to a provider without webhooks."""
        return _OF_WEBHOOKS & {name for name, value in self if value}


_OF_WEBHOOKS = frozenset({"late_webhook", "duplicate_webhook", "out_of_order", "lose_webhook", "contradict", "never"})
