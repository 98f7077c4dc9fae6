"""What a workflow's histories show: every run of its chain, and the actions a hosted Temporal would bill for them.

Here, and not beside one of its users, because the demo prints these numbers, a test holds them to a budget and
benchmarks compare them. Counted as https://docs.temporal.io/cloud/actions says, from what histories hold: refused
updates, queries and heartbeats leave no trace in them, and loans send none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import PayloadCodec


class Action(StrEnum):
    """What is billed as one action."""

    START = "starts"  # continue-as-new is one, too
    UPDATE = "updates"
    SIGNAL = "signals"
    TIMER = "timers"
    ACTIVITY = "activities"  # each attempt
    LOCAL = "local activities"  # all those of one workflow task together
    ATTRIBUTES = "attribute upserts"


_ONE_EACH: Final = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: Action.START,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: Action.UPDATE,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: Action.SIGNAL,
    EventType.EVENT_TYPE_TIMER_STARTED: Action.TIMER,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: Action.ACTIVITY,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: Action.ATTRIBUTES,
}


def actions(events: Iterable[HistoryEvent]) -> Counter[Action]:
    """How many of each kind, in one run or a part of it. Moving a loan's own clock is left out: production has none."""
    counted: Counter[Action] = Counter()
    tasks_with_markers = set()
    for event in events:
        if action := _ONE_EACH.get(event.event_type):
            counted[action] += 1
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            counted[Action.ACTIVITY] += event.activity_task_started_event_attributes.attempt - 1
        elif event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            tasks_with_markers.add(event.marker_recorded_event_attributes.workflow_task_completed_event_id)
    counted[Action.LOCAL] = len(tasks_with_markers)
    return counted


def steps(events: Sequence[HistoryEvent]) -> list[tuple[str, Sequence[HistoryEvent]]]:
    """A run in parts, from each update to the next, with that update's name. What is before the first belongs to it."""
    cuts = [(position, name) for position, event in enumerate(events) if (name := _update(event))]
    starts = [0, *(position for position, _ in cuts[1:])]
    ends = [*starts[1:], len(events)]
    return [(name, events[a:b]) for (_, name), a, b in zip(cuts, starts, ends, strict=True)]


def _update(event: HistoryEvent) -> str | None:
    if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
        return None
    return event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name


@dataclass(frozen=True, slots=True)
class Usage:
    """What one workflow has used from its first run to its latest. `longest_run` is a count of events; `size` in bytes,
    as Temporal stores them."""

    runs: int
    events: int
    longest_run: int
    size: int
    actions: Counter[Action]

    @classmethod
    def of(cls, runs: Sequence[WorkflowHistory]) -> "Usage":
        lengths = [len(run.events) for run in runs]
        counted = sum((actions(run.events) for run in runs), Counter[Action]())
        size = sum(event.ByteSize() for run in runs for event in run.events)
        return cls(len(runs), sum(lengths), max(lengths), size, counted)

    @property
    def billable(self) -> int:
        return self.actions.total()


async def unsealed(run: WorkflowHistory, codec: PayloadCodec) -> WorkflowHistory:
    """As a reader with the key sees it."""
    events = [HistoryEvent.FromString(event.SerializeToString()) for event in run.events]
    for payload in (payload for event in events for payload in _payloads(event)):
        payload.CopyFrom((await codec.decode([payload]))[0])
    return WorkflowHistory(run.workflow_id, events)


def _payloads(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        for part in _parts(value):
            yield from _payloads(part)


def _parts(value: Any) -> Iterable[Message]:
    """Of a field that holds one message, several, or several by name."""
    if isinstance(value, Message):
        return [value]
    values = value.values() if isinstance(value, Mapping) else value
    return [each for each in values if isinstance(each, Message)]


async def runs_of(client: Client, workflow_id: str) -> list[WorkflowHistory]:
    """The histories of every run of a workflow that continued as new, the first run first."""
    runs: list[WorkflowHistory] = []
    run_id: str | None = None
    while run_id != "":
        runs.append(await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history())
        run_id = runs[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return runs[::-1]
