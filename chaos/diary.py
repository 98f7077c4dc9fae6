"""What everybody sent, and what they were told."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chaos.caller import Caller


@dataclass
class Sent:
    """One payment or reversal as its sender knows it. `receipt` None: nobody answered, so it may be booked or not."""

    loan_id: str
    key: str
    path: str
    body: Mapping[str, Any]
    receipt: Mapping[str, Any] | None = None
    repeats: int = 0


@dataclass
class Write:
    """When somebody first sent it, and when they were answered; both by the monotonic clock."""

    sent: float
    answered: float | None = None
    given_up: bool = False

    @property
    def is_open(self) -> bool:
        return self.answered is None and not self.given_up


@dataclass
class Diary:
    """Everything that was sent."""

    payments: list[Sent] = field(default_factory=list)
    reversals: list[Sent] = field(default_factory=list)
    loans: dict[str, Caller] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is sent in here is insisted on until it is acknowledged, unless its sender is called away."""
        self.writes.append(write := Write(time.monotonic()))
        try:
            yield
        except BaseException:
            write.given_up = True
            raise
        write.answered = time.monotonic()

    @property
    def acknowledged(self) -> int:
        return sum(write.answered is not None for write in self.writes)

    def unanswered(self) -> list[Write]:
        return [write for write in self.writes if write.is_open]

    def answers(self, *, sent_after: float) -> list[float]:
        """When those were answered that were sent after that moment."""
        return [write.answered for write in self.writes if write.answered and write.sent > sent_after]
