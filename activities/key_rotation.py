"""Rotation of the wrapping key: every data key that an older version wrapped is wrapped anew."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio import activity

from domain.key_rotation import KeyVersions, NoteRotation, Rewrapped
from domain.ports import WrappedKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationOver:
    """`at` is the workflow's clock."""

    note: NoteRotation
    at: datetime


class KeyRotation:
    """Each can be repeated: what is done is not done again."""

    def __init__(self, keys: WrappedKeys) -> None:
        self._keys = keys

    @property
    def activities(self) -> list[Callable[..., Any]]:
        return [self.rewrap, self.finish]

    @activity.defn(name="Wrap keys anew")
    async def rewrap(self, after: str | None) -> Rewrapped:
        return await self._keys.rewrap(after)

    @activity.defn(name="Put rotation on record")
    async def finish(self, over: RotationOver) -> KeyVersions:
        await self._keys.note(over.note, over.at)
        return await self._keys.versions()
