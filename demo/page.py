"""How the demo looks."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from demo.narration import Json, Line, money
from demo.showing import Showing
from demo.stage import Check, Stage
from infrastructure.histories import Action, Usage

# What is billed, in words short enough for the head of a column
HEADS: Final = {
    Action.START: "starts",
    Action.UPDATE: "updates",
    Action.SIGNAL: "signals",
    Action.TIMER: "timers",
    Action.ACTIVITY: "calls",
    Action.LOCAL: "books",
    Action.ATTRIBUTES: "labels",
}
TEXTS: Final = {"due", "paid", "account", "kind", "loan of"}


def chapter(number: int, stage: Stage) -> RenderableType:
    """One story as a block: what happened on which day, and whether it ended as it should."""
    title = Rule(Text(f" {number}  {stage.story.title} ", style="bold"), align="left", style="blue")
    plot = Padding(Text(stage.story.plot, style="italic"), (0, 0, 1, 0))
    return Group(title, plot, timeline(stage.lines), Text(), checklist(stage.checks), Text())


def timeline(lines: Sequence[Line]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for before, line in zip([None, *lines], lines, strict=False):
        same_day = before is not None and before.on == line.on
        same_hand = same_day and before is not None and before.who == line.who
        style = "dim" if line.who == "Engine" else ""
        table.add_row(
            "" if same_day else str(line.on), Text("" if same_hand else line.who, style=style), Text(line.text)
        )
    return table


def checklist(checks: Iterable[Check]) -> Table:
    table = Table.grid(padding=(0, 1))
    for check in checks:
        mark = Text("✓", style="green") if check.holds else Text("✗", style="bold red")
        what = Text(check.what) if check.holds else Text(f"{check.what}: {check.shortfall}", style="red")
        table.add_row(mark, what)
    return table


def schedule(whose: str, rows: Sequence[Json]) -> Table:
    """What fell due when, and when it was paid. Of a long one, the last row of each year."""
    table = _table(f"The schedule of {whose}'s loan", "#", "due", "principal", "interest", "payment", "balance", "paid")
    for row in rows if len(rows) < 100 else rows[11::12]:
        amounts = (money(row[name]) for name in ("principal", "interest", "due", "balance_after"))
        table.add_row(str(row["number"]), row["due_date"], *amounts, row["paid_on"] or "")
    return table


def trial_balance(book: Json) -> Table:
    table = _table(f"The trial balance in {book['currency']}", "account", "kind", "debits", "credits", "balance")
    for row in book["rows"]:
        amounts = [row[name] for name in ("debits", "credits", "balance")]
        if any(Decimal(amount["amount"]) for amount in amounts):
            table.add_row(row["account"].replace("_", " "), row["kind"], *map(money, amounts))
    table.add_section()
    table.add_row("total", "", "", "", money(book["total"]), style="bold")
    return table


def costs(usages: Iterable[tuple[str, Usage]]) -> Table:
    """What each loan has cost Temporal."""
    table = _table("What Temporal had to do", "loan of", "runs", "events", "billable", *HEADS.values())
    table.padding = 0
    table.caption = "calls: activities; books: local activities; labels: search attributes"
    for whose, usage in usages:
        counts = (usage.runs, usage.events, usage.billable, *(usage.actions[action] for action in HEADS))
        table.add_row(whose, *(f"{count:,}" for count in counts))
    return table


def _table(title: str, *heads: str) -> Table:
    """Texts on the left, numbers on the right, no wider than 80 characters."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title=title)
    table.title_justify = table.caption_justify = "left"
    table.title_style, table.caption_style = "bold", "dim"
    for head in heads:
        table.add_column(head, justify="left" if head in TEXTS else "right", no_wrap=True)
    return table


def progress(stages: Iterable[Stage]) -> Table:
    """Where the calendar of each loan stands whose story is not over."""
    table = Table.grid(padding=(0, 2))
    for style in ("cyan", "bold", "dim"):
        table.add_column(style=style, no_wrap=True, overflow="ellipsis")
    for stage in stages:
        if not stage.over:
            day = "" if stage.today == date.min else str(stage.today)
            table.add_row(day, stage.story.title, Text(stage.lines[-1].text if stage.lines else "…"))
    return table


def verdict(showing: Showing, seconds: float) -> RenderableType:
    """Whether everything ended as promised, and what did not."""
    seen = sum(len(stage.checks) for stage in showing.stages) + len(showing.checks)
    if not showing.failed:
        return Text(f"\nAll {seen} outcomes are as promised. It took {seconds:.0f} s.", style="bold green")
    lines = [Text(f"{len(showing.failed)} of {seen} outcomes are not as promised:", style="bold red")]
    lines += [Text(f"  ✗ {title}: {check.what} ({check.shortfall})", style="red") for title, check in showing.failed]
    return Group(Text(), *lines)
