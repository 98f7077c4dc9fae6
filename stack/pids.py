"""Which processes a data directory has started, so that the next start can end what a killed one left behind."""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

Sighting = dict[str, str]  # process id (JSON keys are text) -> its command line when it was started


def command_of(pid: int) -> str | None:
    """The command line of a living process. None for one that is gone, or dead and not yet buried (a zombie)."""
    procfs = Path("/proc") / str(pid) / "cmdline"
    if Path("/proc/self/cmdline").exists():
        try:
            return procfs.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip() or None
        except OSError:
            return None
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    command = shown.stdout.strip()
    return None if not command or command.endswith("<defunct>") else command


class PidFile:
    """The children of one data directory, written before anything can go wrong with them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, pids: list[int]) -> None:
        seen = {str(pid): command for pid in pids if (command := command_of(pid))}
        self._path.write_text(json.dumps(seen, indent=1))

    def sweep(self) -> list[str]:
        """End what is noted and still is what it was (a process id may belong to another program by now)."""
        seen: Sighting = json.loads(self._path.read_text()) if self._path.exists() else {}
        left = {int(pid): command for pid, command in seen.items() if command_of(int(pid)) == command}
        for pid in left:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        while any(command_of(pid) == command for pid, command in left.items()):
            time.sleep(0.02)
        self._path.unlink(missing_ok=True)
        return list(left.values())
