"""The judge of the storm can find somebody guilty."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chaos.caller import Caller
from chaos.diary import Diary, Sent
from chaos.verdict import _hung_up


@dataclass(frozen=True)
class Books(Caller):
    """One loan as a caller sees it: which payments are booked, and which number each key is answered with."""

    http: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    booked: set[int] = field(default_factory=set)
    answers: dict[str, int] = field(default_factory=dict)
    books_again: frozenset[int] = frozenset()

    async def look(self, path: str, **parameters: str) -> Any:
        return {"transactions": [{"kind": "payment", "number": number} for number in sorted(self.booked)]}

    async def insist(self, path: str, body: Any, key: str) -> Any:
        self.booked.update({self.answers[key]} | self.books_again)
        return {"transaction": self.answers[key]}


def _sent(key: str, answered: int | None = None) -> Sent:
    return Sent("loan", key, "/payments", {}, receipt={"transaction": answered} if answered else None)


# Key "a" was answered with transaction 3; "b" and "c" hung up. What is booked, what they are answered with when they
# ask again, and what else is booked by asking.
CASES: dict[str, tuple[set[int], dict[str, int], set[int], bool]] = {
    "both were booked": ({3, 4, 5}, {"b": 4, "c": 5}, set(), True),
    "one was, the other is now": ({3, 5}, {"b": 6, "c": 5}, set(), True),
    "none was": ({3}, {"b": 4, "c": 5}, set(), True),
    "one was booked twice": ({3, 4, 5, 6}, {"b": 4, "c": 5}, set(), False),
    "one was booked, and again on asking": ({3, 4}, {"b": 5, "c": 6}, set(), False),
    "asking booked more than it says": ({3}, {"b": 4, "c": 5}, {6}, False),
    "two keys have one receipt": ({3, 4}, {"b": 4, "c": 4}, set(), False),
    "a key has another's receipt": ({3, 4}, {"b": 3, "c": 4}, set(), False),
    "what was acknowledged is lost": ({4, 5}, {"b": 4, "c": 5}, set(), False),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_payment_whose_sender_hung_up_is_held_against_the_books_by_its_key(case: str) -> None:
    booked, answers, more, holds = CASES[case]
    books = Books(booked=set(booked), answers=answers, books_again=frozenset(more))
    diary = Diary(payments=[_sent("a", answered=3), _sent("b"), _sent("c")], loans={"loan": books})
    assert (await _hung_up(diary)).holds is holds
