"""What borrowers of the demo's stories are told, as the sender of notices has it."""

import asyncio

import httpx
import pytest

from demo.narration import Json
from demo.showing import Showing
from stack.stack import Stack

pytestmark = [pytest.mark.xdist_group("stories"), pytest.mark.timeout(300)]

STORIES = {
    "paid": ["your-offer", "money-paid-out", "loan-closed"],
    "declined": ["application-declined"],
    "expired": ["your-offer"],
}


async def sent_to(stack: Stack, address: str, last: str) -> list[Json]:
    """What was sent there, once that includes the `last` template."""
    async with asyncio.timeout(30):
        while True:
            notices = await _sent_so_far(stack, address)
            if last in {notice["template"] for notice in notices}:
                return notices
            await asyncio.sleep(0.1)


async def _sent_so_far(stack: Stack, address: str) -> list[Json]:
    api_key = stack.site.credentials.notifier_api_key
    async with httpx.AsyncClient(base_url=stack.addresses.sandbox, trust_env=False) as sender:
        answer = await sender.get("/notices", params={"to": address}, headers={"Authorization": f"Bearer {api_key}"})
    notices: list[Json] = answer.raise_for_status().json()
    return notices


@pytest.mark.parametrize(("name", "templates"), STORIES.items())
async def test_a_borrower_is_told_once_of_what_the_product_names(
    name: str, templates: list[str], showing: Showing, stack: Stack
) -> None:
    stage = next(stage for stage in showing.stages if stage.story.name == name)
    told = await sent_to(stack, stage.story.borrower["email"], last=templates[-1])
    assert [notice["template"] for notice in told] == templates
    assert {notice["facts"]["loan_id"] for notice in told} == {stage.loan_id}


async def test_who_is_late_is_reminded_of_each_installment_and_told_of_each_bucket(
    showing: Showing, stack: Stack
) -> None:
    stage = next(stage for stage in showing.stages if stage.story.name == "late")
    told = await sent_to(stack, stage.story.borrower["email"], last="loan-closed")
    reminders = [notice["facts"] for notice in told if notice["template"] == "payment-due-soon"]
    facts = [fact["details"] for fact in stage.facts if fact["action"] == "payment_reminder"]
    assert [(each["installment"], each["amount"]) for each in reminders] == [
        (each["installment"], each["amount"]) for each in facts
    ]
    assert "overdue-30-days" in {notice["template"] for notice in told}
