"""A check is a question to the whole database; each row of its answer is a fault."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_NAMED = 1000  # faults of one check that are named one by one; the others are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`place` names the row, `says` what is wrong with it."""

    place: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a check found: the first faults by name, and how many there are."""

    name: str
    promise: str
    findings: tuple[Finding, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`faults` is SQL that answers `place` and `says`, as texts, for whatever breaks the promise."""

    name: str
    promise: str
    faults: str

    async def ask(self, connection: AsyncConnection) -> Answer:
        found, count = [], 0
        async for place, says in await connection.stream(text(self.faults)):
            count += 1
            if count <= MOST_NAMED:
                found.append(Finding(place=place, says=says))
        return Answer(name=self.name, promise=self.promise, findings=tuple(found), count=count)
