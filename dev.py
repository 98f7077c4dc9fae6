"""The whole of Tenor on this machine, without Docker or root: `python dev.py up`, `status`, `down`, `remove`."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

from stack.children import ChildFailed
from stack.postgres import PostgresRefused
from stack.probes import PortTaken
from stack.site import AlreadyRunning, Site
from stack.stack import PORTS, Stack
from stack.welcome import welcome

CHECKOUT = Path(__file__).parent
STOP_PATIENCE = 60  # seconds until a stop becomes a kill
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

console = Console()


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    site = Site(asked.data_dir)
    try:
        match asked.command:
            case "up" if asked.foreground:
                return run(Stack(asked.data_dir, wanted=dict(asked.port), memorable=True))
            case "up":
                return up(site, sys.argv[1:] if arguments is None else arguments)
            case "down":
                return down(site)
            case "remove":
                down(site)
                site.remove()
                return 0
            case _:
                return status(site)
    except (AlreadyRunning, ChildFailed, PortTaken, PostgresRefused) as refusal:
        complain(str(refusal))
        return 1


def run(stack: Stack) -> int:
    """Run the stack here until Ctrl-C, `down`, or the end of a child."""
    for number in STOP_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        with stack:
            console.print(welcome(stack.site))
            try:
                return _watch(stack)
            finally:
                for number in STOP_SIGNALS:  # stopping is not interrupted
                    signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _watch(stack: Stack) -> int:
    while not (ended := stack.obituaries()):
        time.sleep(0.2)
    complain("\n".join(ended))
    return 1


def up(site: Site, arguments: Sequence[str]) -> int:
    """Start the stack in the background and return when it is ready, or say that it runs already."""
    if site.runner is not None:
        console.print("[bold]Already running.[/]")
        return _welcome_when_ready(site, lambda: site.runner is not None)
    site.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with site.story.open("wb") as story:
        background = subprocess.Popen(
            [sys.executable, str(CHECKOUT / "dev.py"), *arguments, "--foreground"],
            stdin=subprocess.DEVNULL,
            stdout=story,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with console.status("Starting Postgres, Temporal and Tenor …"):
            return _welcome_when_ready(site, lambda: background.poll() is None)
    except KeyboardInterrupt:
        background.terminate()
        background.wait()
        return 130


def _welcome_when_ready(site: Site, is_alive: Callable[[], bool]) -> int:
    while not site.is_ready:
        if not is_alive():
            complain(site.story.read_text(errors="replace"))
            return 1
        time.sleep(0.05)
    console.print(welcome(site))
    return 0


def down(site: Site) -> int:
    """Stop the stack and return when all of it has ended."""
    runner = site.runner
    if runner is None:
        console.print("Not running.")
        return 0
    os.kill(runner, signal.SIGTERM)
    give_up = time.monotonic() + STOP_PATIENCE
    while site.runner == runner:
        if time.monotonic() > give_up:
            os.kill(runner, signal.SIGKILL)  # its children are on a leash
        time.sleep(0.05)
    console.print("Stopped.")
    return 0


def status(site: Site) -> int:
    """0 when the stack runs and is ready."""
    if site.is_ready:
        console.print(welcome(site))
        return 0
    console.print("Starting." if site.runner else "Not running.")
    return 1


def complain(text: str) -> None:
    console.print(text, style="red", markup=False, highlight=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "status", "remove"])
    parser.add_argument("--data-dir", type=Path, default=CHECKOUT / ".tenor", help="where everything is kept")
    parser.add_argument("--foreground", action="store_true", help="up: stay, and stop on Ctrl-C")
    parser.add_argument(
        "--port",
        type=_port,
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help=f"up: insist on a port; names are {', '.join(PORTS)}",
    )
    return parser


def _port(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in PORTS or not number.isdecimal() or not 0 < int(number) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not like api=8000")
    return name, int(number)


if __name__ == "__main__":
    sys.exit(main())
