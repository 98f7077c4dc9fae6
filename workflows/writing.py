"""Writing: how a loan writes down what follows from a message or a date, one transaction at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.servicing import Servicing
    from domain.commands import Command
    from domain.status import LoanStatus
    from domain.views import Outcome, Standing

from workflows import signboard
from workflows.options import BOOKKEEPING

Bookkeeping = Callable[..., Awaitable[Outcome]]  # an activity method (command, at) -> Outcome
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanStart:
    """`standing` is where the loan's earlier run left it; None for a new loan."""

    loan_id: str
    standing: Standing | None = None


class Writing:
    """The part of LoanWorkflow that knows where the loan stands, by what the books answered last."""

    def __init__(self, start: LoanStart) -> None:
        self._loan_id = start.loan_id
        self._standing = start.standing
        self._addressed = start.standing is not None
        self._refusal: str | None = None
        self._writing = asyncio.Lock()

    async def _write(self, activity: Bookkeeping, command: Command) -> Outcome:
        """One transaction at a time. Raises ApplicationError, of the refusal's type, when the domain refuses."""
        if command.loan_id != self._loan_id:
            raise ApplicationError("the command names another loan", type="UnknownLoan", non_retryable=True)
        async with self._writing:
            try:
                outcome = await workflow.execute_local_activity_method(
                    activity, args=[command, workflow.now()], **BOOKKEEPING
                )
            except ActivityError as failed:
                raise failed.cause or failed from None
            signboard.show(outcome.standing, self._standing)
            self._standing = outcome.standing
            return outcome

    async def _look_again(self) -> None:
        async with self._writing:
            standing = await workflow.execute_local_activity_method(Servicing.look, self._loan_id, **BOOKKEEPING)
            signboard.show(standing, self._standing)
            self._standing = standing

    async def _first_or_next(self, activity: Bookkeeping, command: Command) -> Outcome:
        """A message that may begin a run. If it is refused, the run has nothing to live for, and ends."""
        self._addressed = True
        try:
            return await self._write(activity, command)
        except ApplicationError as refusal:
            self._refusal = refusal.type
            raise

    async def _proceed(self, activity: Bookkeeping, command: Command) -> None:
        """The engine's own step. Refused, the books may be ahead of us: a message was carried out in a workflow task
        that failed. If they are not, the fault is ours: the task fails, loudly, and waits for the next deployment."""
        before = self._standing
        try:
            await to_its_end(self._write(activity, command))
        except ApplicationError as refusal:
            if self._standing is before:
                await self._look_again()
            if self._standing == before:
                raise RuntimeError(f"{type(command).__name__} was refused: {refusal}") from refusal

    @property
    def _stands(self) -> Standing:
        assert self._standing is not None  # noqa: S101  `run` waits for it before anything asks
        return self._standing

    def _is(self, *statuses: LoanStatus) -> bool:
        return self._stands.status in statuses

    def _require(self, *statuses: LoanStatus) -> None:
        """A validator's first look: what cannot be done now is refused without a trace in the history."""
        if self._standing is None or self._standing.status not in statuses:
            status = self._standing.status if self._standing else "not recorded yet"
            raise ApplicationError(f"the loan is {status}", type="NotAllowedNow", non_retryable=True)


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What moves money, or writes of it, is followed to its end; only then does a cancellation go on."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
