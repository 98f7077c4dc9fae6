"""One story while it is told: the borrower, the loan with its own calendar, what happened, what was checked."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx
from temporalio.client import WorkflowHistory
from temporalio.service import RPCError

from demo.narration import Json, Line, day_of, line
from demo.tenor import Person, StoryBroken, Tenor
from infrastructure.histories import runs_of, unsealed
from workflows.options import workflow_id

PATIENCE = 30  # seconds for something that happens by itself, such as a payout


@dataclass(frozen=True, kw_only=True)
class Story:
    """`act` plays it. `borrower` is a sign-up; some names and bank accounts are magic (docs/sandbox.md)."""

    name: str
    title: str
    plot: str
    borrower: Mapping[str, Any]
    act: Callable[["Stage"], Awaitable[None]]


@dataclass(frozen=True)
class Check:
    """An outcome that was promised. `shortfall` says what was seen instead."""

    what: str
    holds: bool
    shortfall: str = ""


@dataclass(eq=False)
class Stage:
    """`today` is the loan's. `told` counts the lines of the audit trail that have become lines of the story."""

    tenor: Tenor
    story: Story
    borrower: Person = field(init=False)
    loan_id: str = ""
    today: date = date.min
    lines: list[Line] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    facts: list[Json] = field(default_factory=list)
    runs: list[WorkflowHistory] = field(default_factory=list)  # as Temporal stores them
    readable: list[WorkflowHistory] = field(default_factory=list)
    schedule: list[Json] = field(default_factory=list)
    over: bool = False

    async def play(self) -> None:
        """Never raises for what can be expected to go wrong: that is a check that does not hold."""
        try:
            self.borrower = await self.tenor.sign_up(dict(self.story.borrower))
            await self.story.act(self)
            self.runs = await runs_of(self.tenor.temporal, workflow_id(self.loan_id))
            self.readable = [await unsealed(run, self.tenor.codec) for run in self.runs]
            self.schedule = (await self.look("/schedule"))["installments"]
        except (StoryBroken, httpx.HTTPError, RPCError) as trouble:
            self.checks.append(Check("the story is told to its end", holds=False, shortfall=_said(trouble)))
        finally:
            self.over = True

    def check(self, what: str, seen: object, expected: object = True) -> None:
        holds = bool(seen == expected)
        self.checks.append(Check(what, holds, "" if holds else f"expected {expected}, saw {seen}"))

    # --- what the borrower does

    async def apply(self, product: str, amount: str, installments: int) -> None:
        wish = {"product_code": product, "amount": usd(amount), "installments": installments}
        self.loan_id = (await self.borrower.post("/api/v1/loans", wish))["loan_id"]
        await self.catch_up()

    async def accept(self) -> None:
        offer = await self.look("/offer")
        await self.borrower.post(f"{self._loan}/accept", {"offer_digest": offer["digest"]})
        await self.catch_up()

    async def pay(self, amount: Json) -> Json:
        """The answer is the receipt."""
        receipt = await self.send_payment(amount)
        await self.catch_up()
        return receipt

    async def send_payment(self, amount: Json) -> Json:
        return await self.borrower.post(f"{self._loan}/payments", {"amount": amount})

    async def payoff(self, on: date | None = None) -> Json:
        quote = await self.look("/payoff", as_of=str(on or self.today))
        return dict(quote["amount"])

    async def look(self, part: str = "", **parameters: str) -> Json:
        return await self.borrower.get(f"{self._loan}{part}", **parameters)

    # --- what happens by itself

    async def until(self, status: str) -> None:
        """Wait, on everybody's clock, for what is under way: a decision, a payout."""
        give_up = time.monotonic() + PATIENCE
        while (stands := (await self.look())["status"]) != status:
            if time.monotonic() > give_up:
                raise StoryBroken(f"the loan is {stands}, and not {status} after {PATIENCE} s")
            await asyncio.sleep(0.1)
        await self.catch_up()

    async def until_happened(self, action: str, times: int = 1) -> None:
        """Wait, on everybody's clock, for a fact."""
        give_up = time.monotonic() + PATIENCE
        while len(self.happened(action)) < times:
            if time.monotonic() > give_up:
                raise StoryBroken(f"{action} did not happen in {PATIENCE} s")
            await asyncio.sleep(0.1)
            await self.catch_up()

    async def advance_to(self, day: date) -> None:
        """Let time pass for this loan alone."""
        await self.put_clock(day)
        await self.catch_up()

    async def put_clock(self, day: date) -> None:
        answer = await self.borrower.post(f"/api/sandbox/loans/{self.loan_id}/advance", {"to": str(day)})
        self.today = date.fromisoformat(answer["today"])

    async def advance(self, days: int) -> None:
        await self.advance_to(self.today + timedelta(days=days))

    # --- how it is told

    def tell(self, who: str, text: str) -> None:
        self.lines.append(Line(self.today, who, text))

    async def file(self) -> Json:
        """The loan's file, as the lender's people see it."""
        return await self.tenor.operator.get(f"/api/admin/v1/loans/{self.loan_id}")

    async def catch_up(self, *, quietly: bool = False) -> None:
        """Tell what is new in the audit trail, or only take note of it."""
        trail = (await self.file())["audit_trail"]
        people = (self.borrower, self.tenor.officer, self.tenor.operator)
        names = {person.id: person.name for person in people}
        for fact in trail[len(self.facts) :]:
            self.facts.append(fact)
            self.today = max(self.today, day_of(fact))
            if not quietly:
                self.lines.append(line(fact, names))

    def happened(self, action: str) -> list[Json]:
        """The facts of this kind, so far."""
        return [fact for fact in self.facts if fact["action"] == action]

    @property
    def _loan(self) -> str:
        return f"/api/v1/loans/{self.loan_id}"


def usd(amount: str) -> Json:
    return {"amount": amount, "currency": "USD"}


def _said(trouble: Exception) -> str:
    return str(trouble) or type(trouble).__name__
