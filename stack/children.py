"""Programs as child processes: started on a leash, waited for, stopped with their whole process group."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from stack.probes import Probe

LEASH = Path(__file__).with_name("leash.py")
LINES_SHOWN = 20


class ChildFailed(Exception):
    """A child process exited or did not become ready. The message ends with the last lines of its log."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to start, and how to know and treat it. `command[0]` is an absolute path."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    directory: Path
    log: Path
    ready: Probe
    patience: float = 60  # seconds until it must be ready
    stop_signal: signal.Signals = signal.SIGTERM
    stop_patience: float = 10  # seconds until a stop becomes a kill
    death_signal: signal.Signals = signal.SIGKILL  # what it gets when whoever started it dies
    user: str = ""
    tries_again: float = 0  # seconds for which it is started again when it exits before it is ready

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"  {line}" for line in lines[-LINES_SHOWN:])


class Nursery:
    """Starts processes from one thread that lives as long as they may.

    Linux ties a leash to the *thread* that started the child, not to its process.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nursery")

    def start(self, program: Program) -> "subprocess.Popen[bytes]":
        return self._thread.submit(self._start, program).result()

    def close(self) -> None:
        self._thread.shutdown()

    @staticmethod
    def _start(program: Program) -> "subprocess.Popen[bytes]":
        leash = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(program.death_signal)), program.user)
        with program.log.open("ab") as log:
            return subprocess.Popen(
                [*leash, *program.command],
                env=dict(program.environment),
                cwd=program.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


class Child:
    """One running program. Only the one who started it may reap it, so a dead child is never taken for a live one."""

    def __init__(self, program: Program, nursery: Nursery) -> None:
        self.program = program
        self._nursery = nursery
        self._process = nursery.start(program)
        self._began = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it lives; negative when a signal ended it."""
        return self._process.poll()

    @property
    def _age(self) -> float:
        return time.monotonic() - self._began

    def wait_until_ready(self) -> None:
        """Raises ChildFailed when it exits, or is not ready within its patience."""
        while not self._is_ready():
            if self._age > self.program.patience:
                raise ChildFailed(self._obituary(f"was not ready within {self.program.patience:.0f} s"))
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        if self.exit_code is None:
            return self.program.ready()
        if self._age > self.program.tries_again:
            raise ChildFailed(self.obituary())
        time.sleep(0.1)
        self._process = self._nursery.start(self.program)
        return False

    def finish(self) -> None:
        """Wait for a command to end. Raises ChildFailed unless it ended well, and within its patience."""
        try:
            self._process.wait(self.program.patience)
        except subprocess.TimeoutExpired:
            raise ChildFailed(self._obituary(f"did not end within {self.program.patience:.0f} s")) from None
        if self.exit_code:
            raise ChildFailed(self.obituary())

    def obituary(self) -> str:
        code = self.exit_code or 0
        return self._obituary(
            f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        )

    def _obituary(self, end: str) -> str:
        return f"{self.program.name} {end}; the end of {self.program.log}:\n{self.program.last_words()}"

    def stop(self) -> None:
        """Ask it to end, wait, then end its whole process group."""
        with suppress(ProcessLookupError):
            if self.exit_code is None:
                self._process.send_signal(self.program.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self.program.stop_patience)
        self.kill()

    def kill(self) -> None:
        """kill -9, to the process group, and reap."""
        with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
