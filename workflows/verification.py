"""What providers say of an applicant: asked for, waited for."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.providers import Answers, Enquiry, Providers
    from domain.evidence import BureauReceipt, IdentityOutcome, IdentityResult

from workflows.options import IDENTITY_DEADLINE, IDENTITY_PATIENCE, first_call, provider_call


class Verification:
    """An outage of a provider parks this loan only, and it goes on by itself."""

    def __init__(self, show: Callable[[str | None], None]) -> None:
        self._show = show
        self._unanswered_since: dict[str, datetime] = {}
        self._heard: list[IdentityResult] = []
        self._concluded: dict[str, IdentityResult] = {}

    def hear(self, result: IdentityResult) -> None:
        """The provider's webhook came."""
        self._heard.append(result)

    def unread(self, key: str) -> list[IdentityResult]:
        """Words on the check under `key` that came before its final one was known. They are not handed out again."""
        heard, self._heard = self._heard, []
        return [word for word in heard if word.key in ("", key)]

    def is_over(self, key: str) -> bool:
        """Whether the check under `key` had its final word in this run."""
        return key in self._concluded

    def is_old_news(self, key: str, result: IdentityResult) -> bool:
        """Whether a word that comes after the final one says the same."""
        return self.is_over(key) and not self._concluded[key].is_contradicted_by(result)

    async def gather(self, enquiry: Enquiry, *, asks_both: bool) -> IdentityResult:
        """Ask both providers and wait for both; with `asks_both` in one call first. What the bureau says is on file,
        not in here."""
        answers = await self._ask_both(enquiry) if asks_both else Answers()
        identity, _ = await asyncio.gather(
            self.identity(enquiry, answers.identity), self._report(enquiry, answers.report)
        )
        return identity

    async def identity(self, enquiry: Enquiry, answer: IdentityResult | None = None) -> IdentityResult:
        """The provider's final word, in the end that there is none. `answer` is what they have said already."""
        deadline = workflow.now() + IDENTITY_DEADLINE
        with self._shown_as_asked("the identity check"):
            result = answer or await self._ask(enquiry)
            while result.outcome is IdentityOutcome.PENDING and workflow.now() < deadline:
                result = result.updated_by(await self._hear_or_ask(enquiry))
        if result.outcome is IdentityOutcome.PENDING:
            result = replace(self._unanswered(enquiry), checks=result.checks)
        self._concluded[enquiry.key] = result
        return result

    @contextmanager
    def _shown_as_asked(self, whom: str) -> Iterator[None]:
        """On the signboard until there is an answer, or a week has passed without one: an outage is seen."""
        self._unanswered_since[whom] = workflow.now()
        self._show_unanswered()
        with suppress(ActivityError):
            yield
        del self._unanswered_since[whom]
        self._show_unanswered()

    def _show_unanswered(self) -> None:
        asked = [f"{whom}, asked {since:%Y-%m-%d %H:%M} UTC" for whom, since in self._unanswered_since.items()]
        self._show("; ".join(asked) or None)

    async def _hear_or_ask(self, enquiry: Enquiry) -> IdentityResult:
        try:
            await workflow.wait_condition(
                lambda: bool(self._heard),
                timeout=IDENTITY_PATIENCE,
                timeout_summary="Identity check: ask again when the provider stays silent",
            )
        except TimeoutError:
            return await self._ask(enquiry)
        result = self._heard.pop(0)
        another = bool(result.key) and result.key != enquiry.key
        return replace(result, outcome=IdentityOutcome.PENDING, checks=()) if another else result

    async def _ask_both(self, enquiry: Enquiry) -> Answers:
        with self._shown_as_asked("the identity check"), self._shown_as_asked("the credit bureau"):
            try:
                return await workflow.execute_activity_method(
                    Providers.ask_both, enquiry, **first_call("Who is the applicant, and what does the bureau know?")
                )
            except ActivityError as lost:
                if is_cancelled_exception(lost):
                    raise asyncio.CancelledError from lost
        return Answers()

    async def _ask(self, enquiry: Enquiry) -> IdentityResult:
        try:
            return await workflow.execute_activity_method(
                Providers.check_identity, enquiry, **provider_call("Who is the applicant?")
            )
        except ActivityError:
            return self._unanswered(enquiry)

    def _unanswered(self, enquiry: Enquiry) -> IdentityResult:
        return IdentityResult(
            outcome=IdentityOutcome.NEEDS_PERSON, reference=enquiry.key, reasons=("provider_did_not_answer",)
        )

    async def _report(self, enquiry: Enquiry, answer: BureauReceipt | None) -> None:
        """When this returns, the report is on file, or a week has passed without it."""
        if answer:
            return
        with self._shown_as_asked("the credit bureau"):
            await workflow.execute_activity_method(
                Providers.bureau_report, enquiry, **provider_call("What does the credit bureau know?")
            )
