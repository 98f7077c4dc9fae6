"""Ids arrive as text from anywhere. What is no UUID names nothing, and is refused like any other unknown id."""

from uuid import UUID

from domain.errors import DomainError


def known_id(given: str, unknown: type[DomainError]) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise unknown(f"there is nothing under the id {given[:50]!r}") from None
