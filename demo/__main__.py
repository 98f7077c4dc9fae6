"""`python -m demo [story …]`: start everything in a fresh directory, live some loans, check how they end."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from rich.console import Console
from temporalio.service import RPCError

from demo import page
from demo.programme import MORTGAGE, STORIES
from demo.recording import record
from demo.show import show
from demo.showing import Showing
from demo.stage import Story
from demo.tenor import StoryBroken, Tenor
from infrastructure.entry import run
from stack.children import ChildFailed
from stack.postgres import PostgresRefused
from stack.probes import PortTaken
from stack.stack import Stack
from stack.welcome import welcome

EVERY = {story.name: story for story in (*STORIES, MORTGAGE)}
EXPECTED = (ChildFailed, PortTaken, PostgresRefused, StoryBroken, httpx.HTTPError, RPCError)
INTERRUPTED = 130

console = Console(highlight=False, width=min(Console().width, 100))


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every outcome that the stories promise was seen."""
    asked = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    stack = Stack(Path(tempfile.mkdtemp(prefix="tenor-demo-")))
    code = 1
    try:
        code = _perform(stack, asked)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except EXPECTED as trouble:
        console.print(f"The demo ended early: {trouble}", style="red", markup=False, soft_wrap=True)
    finally:
        _clear_up(stack, failed=code == 1)
    return code


def _perform(stack: Stack, asked: argparse.Namespace) -> int:
    began = time.monotonic()
    with console.status("Starting Postgres, Temporal and Tenor …"):
        stack.start()
    console.print(f"Postgres, Temporal and Tenor are up after {time.monotonic() - began:.0f} s.\n", style="dim")
    began = time.monotonic()
    showing = run(_tell(stack, asked.stories or STORIES, asked.record))
    console.print(page.verdict(showing, time.monotonic() - began))
    if asked.keep:
        _stay(stack)
    return 1 if showing.failed else 0


async def _tell(stack: Stack, stories: Sequence[Story], records: Path | None) -> Showing:
    async with Tenor.of(stack) as tenor:
        showing = await show(tenor, stories, console)
    if records and not showing.failed:
        record(showing.stages, records)
    return showing


def _stay(stack: Stack) -> None:
    console.print(welcome(stack.site, ends_with="Ctrl-C"), "Ctrl-C stops it and removes everything.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print()


def _clear_up(stack: Stack, *, failed: bool) -> None:
    """Leave nothing behind, but the logs after a failure. Not to be interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    deaths = [obituary.partition(";")[0] for obituary in stack.obituaries()]
    stack.stop()
    if failed:
        console.print(*deaths, sep="\n", end="\n" if deaths else "", style="red", markup=False)
        logs = shutil.copytree(stack.site.logs, tempfile.mkdtemp(prefix="tenor-demo-logs-"), dirs_exist_ok=True)
        console.print(f"The logs of everything that ran are in {logs}", style="red", soft_wrap=True)
    stack.site.remove()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("stories", nargs="*", type=_story, metavar="story", help=f"any of {', '.join(EVERY)}")
    parser.add_argument("--keep", action="store_true", help="leave the stack running until Ctrl-C, to look around")
    parser.add_argument("--record", type=Path, metavar="DIRECTORY", help="write the loans' histories, for replay tests")
    return parser


def _story(name: str) -> Story:
    if name not in EVERY:
        raise argparse.ArgumentTypeError(f"there is no story {name!r}; there are {', '.join(EVERY)}")
    return EVERY[name]


if __name__ == "__main__":
    sys.exit(main())
