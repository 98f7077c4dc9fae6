"""A network between two programs of this machine: what is sent arrives as it is, and later."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread

from stack.probes import LOOPBACK


@contextmanager
def away(port: int, *, one_way: float) -> Iterator[int]:
    """A port behind which that of another program is `one_way` seconds off, in either direction.

    In threads: an event loop counts milliseconds, and here they are halves and quarters.
    """
    with socket.create_server((LOOPBACK, 0)) as proxy:
        Thread(target=_serve, args=(proxy, port, one_way), daemon=True).start()
        yield proxy.getsockname()[1]


def _serve(proxy: socket.socket, port: int, one_way: float) -> None:
    with suppress(OSError):  # closed
        while True:
            client, _ = proxy.accept()
            server = socket.create_connection((LOOPBACK, port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _carry(client, server, one_way)
            _carry(server, client, one_way)


def _carry(source: socket.socket, sink: socket.socket, one_way: float) -> None:
    """Each piece waits as long as every other, however many are on their way."""
    underway: SimpleQueue[tuple[float, bytes]] = SimpleQueue()

    def take() -> None:
        piece = b"."
        while piece:
            piece = source.recv(1 << 16)
            underway.put((time.perf_counter() + one_way, piece))

    def give() -> None:
        piece = b"."
        while piece:
            due, piece = underway.get()
            time.sleep(max(0, due - time.perf_counter()))
            sink.sendall(piece)
        with suppress(OSError):  # both ends have hung up
            sink.shutdown(socket.SHUT_WR)

    for work in (take, give):
        Thread(target=work, daemon=True).start()
