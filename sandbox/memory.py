"""What a provider was asked under which idempotency key."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from pydantic import BaseModel

from sandbox.faults import Fault

T = TypeVar("T")


class Memory(Generic[T]):
    """One answer per key, and one question: the same key with another body is refused."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[BaseModel, T]] = {}

    def recall(self, key: str, question: BaseModel) -> T | None:
        """What was made of `question` before. Raises Fault when the key came with another one."""
        if key not in self._asked:
            return None
        before, made = self._asked[key]
        if before != question:
            raise Fault(422, "idempotency_key_reused")
        return made

    def keep(self, key: str, question: BaseModel, made: T) -> None:
        self._asked[key] = (question, made)

    def named(self, key: str) -> T:
        """Raises Fault for a key that was never used."""
        if key not in self._asked:
            raise Fault(404, "unknown_key")
        return self._asked[key][1]

    def everything(self) -> Iterable[T]:
        """In the order it was asked for."""
        return (made for _, made in self._asked.values())
