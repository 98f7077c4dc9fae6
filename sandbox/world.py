"""The outside world: what it remembers, how it behaves just now, and what goes on in it after a request was answered.

All in memory: a restarted sandbox has forgotten everything, and its clock is the machine's, not a loan's.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from copy import copy
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from sandbox.behaviour import Behaviour, Provider
from sandbox.cases import Case, Debit, IdentityCheck, Payout
from sandbox.faults import Fault
from sandbox.memory import Memory
from sandbox.scenarios import TAKEN_BACK, CreditFile, Outcome, Plan
from sandbox.settings import SandboxSettings
from sandbox.webhooks import WebhookSender, new_message_id

RETURN_SECONDS = 2  # after a debit has settled, where it is returned

C = TypeVar("C", bound=Case)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    key: str
    to: str
    template: str
    facts: dict[str, str]


class Paper(BaseModel):
    """A document that was uploaded for the check under the key `check`; `size` in bytes."""

    model_config = ConfigDict(frozen=True)

    check: str
    kind: str
    media_type: str
    digest: str
    size: int


class World:
    def __init__(self, settings: SandboxSettings, webhooks: WebhookSender) -> None:
        self.settings = settings
        self.switches = dict.fromkeys(Provider, Behaviour())
        self.papers: Memory[Paper] = Memory()
        self.checks: Memory[IdentityCheck] = Memory()
        self.reports: Memory[CreditFile] = Memory()
        self.payouts: Memory[Payout] = Memory()
        self.payouts_to: Counter[tuple[str, str]] = Counter()  # by account and loan
        self.debits: Memory[Debit] = Memory()
        self.debits_from: Counter[tuple[str, str]] = Counter()  # by account and loan
        self.notices: Memory[Notice] = Memory()
        self._webhooks = webhooks
        self._going_on: set[asyncio.Task[None]] = set()

    def papers_of(self, check: str) -> tuple[Paper, ...]:
        return tuple(paper for paper in self.papers.everything() if paper.check == check)

    async def pursue(self, case: C, plan: Plan) -> C:
        """Bring a case that was just taken to its end, mostly after this returns.

        Returns the case as the answer shows it: a webhook that overtakes the answer doesn't change it.
        """
        behaviour = self.switches[case.provider].also(plan.behaviour)
        if plan.at_once and not behaviour.of_webhooks:
            case.conclude(plan.verdict)
        answered = copy(case)
        if case.outcome is Outcome.PENDING and not behaviour.never:
            concluding = self._later(self._conclude(case, plan, behaviour))
            if behaviour.out_of_order:
                await concluding
        await self.withhold_answer_if(behaviour)
        return answered

    async def withhold_answer_if(self, behaviour: Behaviour) -> None:
        if behaviour.commit_then_time_out:
            await asyncio.sleep(self.settings.time_out_seconds)
            raise Fault(504, "timed_out")

    def take_back(self, debit: Debit) -> None:
        """A settled debit is returned. Raises Fault for any other."""
        if debit.outcome is not Outcome.SETTLED:
            raise Fault(409, "not_settled")
        debit.conclude(TAKEN_BACK)
        self._later(self._tell(debit, self.switches[debit.provider]))

    async def _conclude(self, case: Case, plan: Plan, behaviour: Behaviour) -> None:
        verdict = plan.verdict
        await asyncio.sleep(behaviour.late_webhook or self.settings.webhook_delay_seconds)
        if behaviour.contradict:
            case.conclude(case.opposite_of(verdict))
            await self._tell(case, behaviour)
        case.conclude(verdict)
        await self._tell(case, behaviour)
        if plan.later:
            await asyncio.sleep(RETURN_SECONDS)
            case.conclude(plan.later)
            await self._tell(case, behaviour)

    async def _tell(self, case: Case, behaviour: Behaviour) -> None:
        if behaviour.lose_webhook:
            return
        event, message_id = case.event(), new_message_id()
        await self._webhooks.tell(case.provider, event, message_id=message_id)
        if behaviour.duplicate_webhook:
            await self._webhooks.tell(case.provider, event, message_id=message_id)
            await self._webhooks.tell(case.provider, event, message_id=new_message_id())

    def _later(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)
        return task

    async def end(self) -> None:
        """Stop what still goes on; undelivered webhooks are lost."""
        for task in self._going_on:
            task.cancel()
        await asyncio.gather(*self._going_on, return_exceptions=True)
