"""What a loan costs Temporal, counted in the real history of the loan that is paid as agreed (DESIGN's budget).

A part of a history begins with the update that is named: what Temporal is asked to do from that message on.
"""

from collections import Counter
from collections.abc import Sequence

import pytest
from temporalio.api.history.v1 import HistoryEvent

from demo.showing import Showing
from infrastructure.histories import Action, Usage, actions, steps

pytestmark = [pytest.mark.xdist_group("stories"), pytest.mark.timeout(300)]

MESSAGES = (Action.UPDATE, Action.SIGNAL)


@pytest.fixture
def events(showing: Showing) -> Sequence[HistoryEvent]:
    stage = next(stage for stage in showing.stages if stage.story.name == "paid")
    assert len(stage.runs) == 1
    return stage.runs[0].events


def parts(events: Sequence[HistoryEvent]) -> list[tuple[str, Counter[Action]]]:
    return [(name, actions(part)) for name, part in steps(events)]


def own(used: Counter[Action]) -> int:
    """Without messages, calls to the outside and search attributes, which the budget counts apart."""
    return used.total() - sum(used[kind] for kind in (*MESSAGES, Action.ACTIVITY, Action.ATTRIBUTES))


def test_an_origination_takes_four_actions_its_call_and_its_message(events: Sequence[HistoryEvent]) -> None:
    name, used = parts(events)[0]
    assert name == "submit"
    assert own(used) <= 4
    assert used[Action.ACTIVITY] == 1  # both providers
    assert [used[kind] for kind in MESSAGES] == [1, 0]


def test_an_installment_paid_takes_two_actions_and_its_message(events: Sequence[HistoryEvent]) -> None:
    payments = [used for name, used in parts(events) if name == "make_payment"]
    assert len(payments) == 12
    for used in payments:
        assert own(used) <= 2
        assert [used[kind] for kind in MESSAGES] == [1, 0]
        assert used[Action.ACTIVITY] == 0


def test_search_attributes_are_changed_once_per_step_of_the_loan(events: Sequence[HistoryEvent]) -> None:
    """Offered; disbursing, then active with its first due date; the next due date with each payment, or closed."""
    changes = [(name, used[Action.ATTRIBUTES]) for name, used in parts(events)]
    assert changes == [("submit", 1), ("accept", 2), *[("make_payment", 1)] * 12]


def test_a_year_of_a_loan_stays_far_from_a_thousand_events(showing: Showing) -> None:
    for stage in showing.stages:
        assert Usage.of(stage.runs).longest_run < 1_000
