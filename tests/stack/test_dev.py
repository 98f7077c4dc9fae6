"""`dev.py` as a person uses it, with all of Tenor."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.pids import command_of
from stack.probes import answers
from stack.site import Site

pytestmark = pytest.mark.servers

CHECKOUT = Path(__file__).parents[2]
FOREGROUND = """
import sys; from pathlib import Path; import dev; from stack.stack import Stack
from tests.stack.test_stack import STAND_IN
sys.exit(dev.run(Stack(Path(sys.argv[1]), blueprint=STAND_IN)))
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "data")
    yield site
    dev(site, "remove")


def dev(site: Site, command: str, *options: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, str(CHECKOUT / "dev.py"), command, "--data-dir", str(site.directory), *options]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=100)


def children(site: Site) -> dict[int, str]:
    """What the stack noted of its children, and still lives."""
    noted = json.loads((site.directory / "pids.json").read_text())
    return {int(pid): command for pid, command in noted.items() if command_of(int(pid))}


def in_foreground(site: Site) -> "subprocess.Popen[bytes]":
    runner = subprocess.Popen([sys.executable, "-c", FOREGROUND, str(site.directory)], cwd=CHECKOUT)
    while not site.is_ready:
        assert runner.poll() is None
        time.sleep(0.05)
    return runner


def test_up_returns_when_everything_answers_and_down_leaves_nothing(site: Site) -> None:
    up = dev(site, "up")
    assert up.returncode == 0, up.stdout + up.stderr
    assert answers(f"http://127.0.0.1:{site.ports['api']}/readyz")()
    assert f"http://127.0.0.1:{site.ports['temporal_ui']}" in up.stdout
    assert "officer@tenor.example" in up.stdout
    assert site.credentials.seed_password in up.stdout
    started = children(site)
    assert len(started) == 6

    began = time.monotonic()
    again = dev(site, "up")
    assert time.monotonic() - began < 5
    assert "Already running" in again.stdout
    assert children(site) == started
    assert dev(site, "status").returncode == 0

    assert dev(site, "down").returncode == 0
    assert children(site) == {}
    assert dev(site, "status").returncode == 1
    assert "Not running" in dev(site, "down").stdout


def test_a_wrong_port_is_refused_before_anything_starts(site: Site) -> None:
    refused = dev(site, "up", "--port", "api=80000")
    assert refused.returncode == 2
    assert "'api=80000' is not like api=8000" in refused.stderr
    assert not site.directory.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_an_interrupt_stops_everything_in_order(site: Site, number: signal.Signals) -> None:
    runner = in_foreground(site)
    assert len(children(site)) == 3
    runner.send_signal(number)
    assert runner.wait(30) == 0
    assert children(site) == {}
    assert "database system is shut down" in site.log("postgres").read_text()


def test_the_end_of_one_child_ends_all_and_says_why(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    runner = in_foreground(site)
    web_server = next(pid for pid, command in children(site).items() if "http.server" in command)
    os.kill(web_server, signal.SIGKILL)
    assert runner.wait(30) == 1
    assert children(site) == {}
    assert "api was ended by SIGKILL" in capfd.readouterr().out
