"""What a loan asks of Temporal in its life, read off the real history of one that is paid as agreed for a year."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from temporalio.api.history.v1 import HistoryEvent

from bench.machine import machine
from demo.programme import STORIES
from demo.stage import Stage
from demo.tenor import Tenor
from infrastructure.entry import run
from infrastructure.histories import Action, Usage, actions, steps
from stack.stack import Stack

RESULTS = Path(__file__).parent / "results" / "usage.json"
PAID = next(story for story in STORIES if story.name == "paid")


async def live(stack: Stack) -> Stage:
    async with Tenor.of(stack) as tenor:
        stage = Stage(tenor, PAID)
        await stage.play()
    assert not [check for check in stage.checks if not check.holds]
    return stage


def of_life(events: Sequence[HistoryEvent]) -> dict[str, dict[str, object]]:
    """By part of the loan's life; of the installments, the median."""
    parts = steps(events)
    installments = [part for name, part in parts if name == "make_payment"]
    origination = next(part for name, part in parts if name == "submit")
    return {
        "origination": _used(actions(origination), len(origination), _size(origination)),
        "payout": _middle([part for name, part in parts if name == "accept"]),
        "installment": _middle(installments),
    }


def _middle(parts: Sequence[Sequence[HistoryEvent]]) -> dict[str, object]:
    middle = sorted(parts, key=_size)[len(parts) // 2]
    return _used(actions(middle), round(median(map(len, parts))), _size(middle))


def _size(events: Sequence[HistoryEvent]) -> int:
    return sum(event.ByteSize() for event in events)


def _used(counted: Counter[Action], events: int, size: int) -> dict[str, object]:
    by_kind = {kind.value: count for kind, count in sorted(counted.items()) if count}
    return {"billable actions": counted.total(), "of which": by_kind, "events": events, "bytes": size}


def main(stack: Stack) -> None:
    stage = run(live(stack))
    year = Usage.of(stage.runs)
    used = of_life(stage.runs[0].events) | {"year": _used(year.actions, year.events, year.size)}
    for part, figures in used.items():
        print(
            f"{part:12} {figures['billable actions']:4} actions {figures['events']:5} events {figures['bytes']:8} bytes"
        )
    RESULTS.write_text(json.dumps({"machine": machine(), "runs": year.runs} | used, indent=2) + "\n")


if __name__ == "__main__":
    with Stack.temporary() as stack:
        main(stack)
