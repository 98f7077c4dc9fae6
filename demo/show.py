"""The demo in front of an audience: each story printed as one block, in order, and the books at the end."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager

from rich.console import Console, RenderableType
from rich.live import Live

from demo import page
from demo.showing import Showing, close_books, play
from demo.stage import Stage, Story
from demo.tenor import Tenor
from infrastructure.histories import Usage


async def show(tenor: Tenor, stories: Sequence[Story], console: Console) -> Showing:
    stages = [Stage(tenor, story) for story in stories]
    with _live(stages, console):
        async with aclosing(play(stages)) as played:
            async for stage in played:
                console.print(page.chapter(stages.index(stage) + 1, stage))
    showing = await close_books(tenor, stages)
    console.print(*_epilogue(showing), sep="\n")
    return showing


@contextmanager
def _live(stages: Sequence[Stage], console: Console) -> Iterator[None]:
    """Where every loan's calendar stands, for as long as somebody watches."""
    if not console.is_terminal:
        yield
        return
    with Live(get_renderable=lambda: page.progress(stages), console=console, transient=True):
        yield


def _epilogue(showing: Showing) -> Iterator[RenderableType]:
    told = next((stage for stage in showing.stages if stage.schedule), None)
    if told is not None:
        yield page.schedule(told.story.borrower["given_name"], told.schedule)
    yield from map(page.trial_balance, showing.books)
    yield page.costs((s.story.borrower["given_name"], Usage.of(s.runs)) for s in showing.stages if s.runs)
    yield page.checklist(showing.checks)
