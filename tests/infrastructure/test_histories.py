"""What counts as a billable action."""

from collections import Counter
from collections.abc import Callable

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from infrastructure.histories import Action, actions


def event(kind: str, fill: Callable[[HistoryEvent], None] = lambda _: None) -> HistoryEvent:
    made = HistoryEvent(event_type=EventType.Value(f"EVENT_TYPE_{kind}"))
    fill(made)
    return made


def marker_of_task(number: int) -> HistoryEvent:
    def fill(made: HistoryEvent) -> None:
        made.marker_recorded_event_attributes.workflow_task_completed_event_id = number

    return event("MARKER_RECORDED", fill)


def test_each_attempt_of_an_activity_is_an_action() -> None:
    def third(made: HistoryEvent) -> None:
        made.activity_task_started_event_attributes.attempt = 3

    waits = event("ACTIVITY_TASK_SCHEDULED")
    assert actions([waits]) == Counter({Action.ACTIVITY: 1})
    assert actions([waits, event("ACTIVITY_TASK_STARTED", third)]) == Counter({Action.ACTIVITY: 3})


def test_local_activities_of_one_workflow_task_are_one_action() -> None:
    assert actions([marker_of_task(4), marker_of_task(4), marker_of_task(9)]) == Counter({Action.LOCAL: 2})


def test_what_temporal_does_for_itself_is_free() -> None:
    kinds = ("WORKFLOW_TASK_SCHEDULED", "TIMER_FIRED", "WORKFLOW_EXECUTION_OPTIONS_UPDATED")
    assert actions(map(event, kinds)).total() == 0
