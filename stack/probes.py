"""How to tell that a program is ready, and where there is room for one to listen."""

import random
import socket
import sys
from collections.abc import Callable, Iterable
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"

Probe = Callable[[], bool]


class PortTaken(Exception):
    """A port that was asked for by name is in use by another program."""


def never() -> bool:
    """The probe of a command that is not waited for to become ready, but to end."""
    return False


def listens(port: int) -> Probe:
    """Ready when something accepts connections on this port."""

    def probe() -> bool:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            return False
        return True

    return probe


def answers(url: str) -> Probe:
    """Ready when a GET of this address is answered with 200. No proxy is asked."""
    address = urlsplit(url)

    def probe() -> bool:
        connection = HTTPConnection(address.hostname or LOOPBACK, address.port, timeout=2)
        try:
            connection.request("GET", address.path or "/")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    return probe


def is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closing connection does not hold the port
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(taken: Iterable[int] = ()) -> int:
    """A port that nobody listens on, below the range from which systems give ports to outgoing connections."""
    avoid = set(taken)
    for port in random.SystemRandom().sample(range(20_000, 32_000), k=1_000):
        if port not in avoid and is_free(port):
            return port
    raise PortTaken("none of a thousand ports between 20000 and 32000 is free")


if __name__ == "__main__":  # a container's health check: python -m stack.probes URL
    sys.exit(not answers(sys.argv[1])())
