"""Wrapping keys that are replaced: how far that is, and what of it goes on record."""

from dataclasses import dataclass
from typing import Final

from domain.commands import BooksCommand

MOST_NAMED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrapped:
    """How many data keys were wrapped anew, and how many could not be unwrapped. `named` are the owners of some of
    those; `after` is the place up to which all was looked at, None at the end."""

    rewrapped: int = 0
    refused: int = 0
    named: tuple[str, ...] = ()
    after: str | None = None

    def __add__(self, later: "Rewrapped") -> "Rewrapped":
        return Rewrapped(
            rewrapped=self.rewrapped + later.rewrapped,
            refused=self.refused + later.refused,
            named=(self.named + later.named)[:MOST_NAMED],
            after=later.after,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysOfVersion:
    version: str
    keys: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVersions:
    """How many data keys are wrapped under which version. `newest` is the provider's, and wraps what comes."""

    newest: str
    versions: tuple[KeysOfVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRotation(BooksCommand):
    """A rotation is over: `actor` asked for it."""

    done: Rewrapped
