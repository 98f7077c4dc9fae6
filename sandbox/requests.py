"""The parts that providers' requests share."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
LoanId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ProviderRequest(BaseModel):
    """Unknown fields are refused; equal requests are the same request."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PersonRequest(ProviderRequest):
    given_name: Name
    family_name: Name
    date_of_birth: date
    country: Country
