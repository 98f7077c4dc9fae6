"""Stories played side by side, and what must hold for all of them together."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from demo.narration import Json
from demo.stage import Check, Stage
from demo.tenor import Tenor

MOST_EVENTS = 1_000  # of one run
PRIVATE = ("family_name", "date_of_birth", "email", "bank_account")  # never in Temporal


@dataclass(frozen=True)
class Showing:
    """What was played, and what must hold for all of it together."""

    stages: Sequence[Stage]
    books: Sequence[Json]
    checks: Sequence[Check]

    @property
    def failed(self) -> list[tuple[str, Check]]:
        """What does not hold, and in which story."""
        every = [(stage.story.title, check) for stage in self.stages for check in stage.checks]
        every += [("The books", check) for check in self.checks]
        return [(title, check) for title, check in every if not check.holds]


async def play(stages: Sequence[Stage]) -> AsyncGenerator[Stage, None]:
    """All at the same time; each is handed out when it and those before it are over."""
    acts = [asyncio.create_task(stage.play()) for stage in stages]
    try:
        for stage, act in zip(stages, acts, strict=True):
            await act
            yield stage
    finally:
        for act in acts:
            act.cancel()


async def close_books(tenor: Tenor, stages: Sequence[Stage]) -> Showing:
    """Look at all loans together: the books, the histories."""
    books = (await tenor.operator.get("/api/admin/v1/ledger/trial-balance"))["currencies"]
    loans = (await tenor.operator.get("/api/admin/v1/loans", limit="200"))["items"]
    return Showing(stages, books, [*_books_hold(books, loans), *_histories_hold(stages)])


def _books_hold(books: Sequence[Json], loans: Sequence[Json]) -> Iterator[Check]:
    for book in books:
        currency = book["currency"]
        balances = {row["account"]: Decimal(row["balance"]["amount"]) for row in book["rows"]}
        owed = sum(
            Decimal(loan["balances"]["principal"]["amount"])
            for loan in loans
            if loan["balances"]["principal"]["currency"] == currency
        )
        principal, transit = balances.get("loan_principal", 0), balances.get("payouts_in_transit", 0)
        yield Check(f"the trial balance in {currency} is zero", Decimal(book["total"]["amount"]) == 0)
        yield Check("the books and the loans agree on what is owed", principal == owed, f"{principal}, and not {owed}")
        yield Check("no payout hangs in the air", transit == 0, f"{transit} are in transit")


def _histories_hold(stages: Sequence[Stage]) -> Iterator[Check]:
    runs = [run for stage in stages for run in stage.runs]
    longest = max((len(run.events) for run in runs), default=0)
    yield Check(f"no run has more than {MOST_EVENTS:,} events", longest <= MOST_EVENTS, f"one has {longest:,}")
    leaks = [
        f"{stage.story.title} tells {name}"
        for stage in stages
        for name in PRIVATE
        for run in stage.readable
        if any(str(stage.story.borrower[name]).encode() in event.SerializeToString() for event in run.events)
    ]
    yield Check("Temporal knows nobody's name, birthday, e-mail address or account", not leaks, "; ".join(leaks))
