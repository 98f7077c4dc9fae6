"""How a day is closed: by the schedule, or by somebody who asks."""

from contextlib import suppress
from datetime import date, timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from workflows.close_of_business import Closed, CloseOfBusiness, CloseOfBusinessWorkflow
from workflows.options import LOANS

SCHEDULE = "close-of-business"

# A day is over everywhere on earth at noon UTC of the next.
AT_NOON = ScheduleCalendarSpec(hour=[ScheduleRange(12)], minute=[ScheduleRange(5)])

# A close catches up on all that was missed, so starts that were missed need no run of their own, and of those that come
# while one still runs, one is enough.
POLICY = SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=timedelta(days=1))


async def schedule_closing(client: Client) -> None:
    """Create the schedule, unless it is there: then an operator may have changed or paused it, and it stays so."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            CloseOfBusinessWorkflow.run,
            CloseOfBusiness(),
            id=SCHEDULE,
            task_queue=LOANS,
            static_summary="Close of business",
        ),
        spec=ScheduleSpec(calendars=[AT_NOON]),
        policy=POLICY,
    )
    with suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(SCHEDULE, schedule)


async def start_closing(client: Client, day: date) -> WorkflowHandle[CloseOfBusinessWorkflow, Closed]:
    """Close `day`, and what was missed before it. Asking while it runs finds the same run; afterwards, begins another,
    which finds nothing left to do."""
    return await client.start_workflow(
        CloseOfBusinessWorkflow.run,
        CloseOfBusiness(day=day),
        id=f"{SCHEDULE}-{day}",
        task_queue=LOANS,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=f"Close of business {day}",
    )
