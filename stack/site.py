"""One data directory: whose turn it is, its ports, its secrets, its logs."""

import fcntl
import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Final

from stack.credentials import Credentials
from stack.pids import PidFile
from stack.probes import PortTaken, free_port, is_free
from stack.rooms import remove_rooms

# What a person can remember, where it is free.
PREFERRED_PORTS: Final = {
    "api": 8000,
    "sandbox": 8100,
    "temporal": 7233,
    "temporal_ui": 8233,
    "temporal_http": 7243,
    "temporal_metrics": 7234,
    "postgres": 5433,
    "worker_metrics": 9464,
    "relay_metrics": 9465,
}


class AlreadyRunning(Exception):
    """Another process runs a stack in this data directory."""


class Site:
    """The files of one stack. Reading them needs no lock; running a stack does."""

    def __init__(self, data_directory: Path) -> None:
        self.directory = data_directory.resolve()
        self.logs = self.directory / "logs"
        self.temporal = self.directory / "temporal"
        self.story = self.directory / "stack.log"  # what a stack in the background has to say
        self.pids = PidFile(self.directory / "pids.json")
        self._ports = self.directory / "ports.json"
        self._lock = self.directory / "lock"
        self._held: int | None = None

    def claim(self) -> None:
        """Make the directory and hold it until `release`, or until this process ends. Raises AlreadyRunning."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.temporal.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        if not _locked(handle):
            os.close(handle)
            raise AlreadyRunning(f"a stack already runs in {self.directory}")
        self._held = handle
        self._say(f"{os.getpid()} starting")

    def declare_ready(self) -> None:
        self._say(f"{os.getpid()} ready")

    def release(self) -> None:
        if self._held is not None:
            self._say("")
            os.close(self._held)
            self._held = None

    def _say(self, text: str) -> None:
        if self._held is not None:
            os.truncate(self._held, 0)
            os.pwrite(self._held, text.encode(), 0)

    @property
    def runner(self) -> int | None:
        """The process that holds the directory, if one does."""
        words = self._words()
        return int(words[0]) if words else None

    @property
    def is_ready(self) -> bool:
        return self._words()[1:] == ["ready"]

    def _words(self) -> list[str]:
        if not self._lock.exists():
            return []
        with self._lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return file.read().split()
            return []

    @cached_property
    def credentials(self) -> Credentials:
        return Credentials.of(self.directory / "credentials.json")

    @property
    def ports(self) -> Mapping[str, int]:
        """The ports of the last start."""
        ports: dict[str, int] = json.loads(self._ports.read_text()) if self._ports.exists() else {}
        return ports

    def choose_ports(self, names: Iterable[str], wanted: Mapping[str, int], *, memorable: bool) -> Mapping[str, int]:
        """The wanted port or PortTaken; else the last one, else a memorable one, else any: whichever is free."""
        chosen: dict[str, int] = {}
        remembered = self.ports
        for name in names:
            if name in wanted:
                if not is_free(wanted[name]):
                    raise PortTaken(f"port {wanted[name]}, asked for {name}, is in use by another program")
                chosen[name] = wanted[name]
                continue
            candidates = [remembered.get(name), PREFERRED_PORTS.get(name) if memorable else None]
            usable = (port for port in candidates if port and port not in chosen.values() and is_free(port))
            chosen[name] = next(usable, None) or free_port(taken=chosen.values())
        self._ports.write_text(json.dumps(chosen, indent=1))
        return chosen

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def clear_logs(self) -> None:
        """A log tells of one start."""
        for log in self.logs.glob("*.log"):
            log.unlink()

    def remove(self) -> None:
        """Forget everything. The stack must not run."""
        if self.directory.exists():
            remove_rooms(self.directory)


def _locked(handle: int) -> bool:
    """Patient for a moment: whoever only looks (`Site.runner`) holds the lock too, while looking."""
    for _ in range(20):
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False
