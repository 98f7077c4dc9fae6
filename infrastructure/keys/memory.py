"""Unwrapped keys in memory: only so long, only so many, and each asked for once however many wait for it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final

from infrastructure.keys.sealing import DataKey

LONGEST: Final = 300.0  # seconds
MOST: Final = 10_000


class KeysInMemory:
    def __init__(self, *, longest: float = LONGEST, most: int = MOST) -> None:
        self._longest, self._most = longest, most
        self._kept: OrderedDict[str, asyncio.Future[DataKey]] = OrderedDict()

    async def get(self, owner: str, unwrap: Callable[[], Coroutine[Any, Any, DataKey]]) -> DataKey:
        """The owner's key; `unwrap` is asked once per period. What failed is forgotten, and asked again."""
        if known := self.at_hand(owner):
            return known
        if owner not in self._kept:
            self._keep(owner, asyncio.ensure_future(unwrap()))
        return await asyncio.shield(self._kept[owner])  # who stops waiting takes nothing from the others

    def at_hand(self, owner: str) -> DataKey | None:
        """The owner's key, if nobody need be asked for it."""
        kept = self._kept.get(owner)
        return kept.result() if kept and kept.done() and not _failed(kept) else None

    def put(self, owner: str, key: DataKey) -> None:
        known = asyncio.get_running_loop().create_future()
        known.set_result(key)
        self._keep(owner, known)

    def _keep(self, owner: str, asked: "asyncio.Future[DataKey]") -> None:
        self._kept[owner] = asked
        asked.add_done_callback(lambda done: self._forget(owner, done) if _failed(done) else None)
        asyncio.get_running_loop().call_later(self._longest, self._forget, owner, asked)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _forget(self, owner: str, asked: "asyncio.Future[DataKey]") -> None:
        if self._kept.get(owner) is asked:
            del self._kept[owner]


def _failed(done: "asyncio.Future[DataKey]") -> bool:
    return done.cancelled() or done.exception() is not None
