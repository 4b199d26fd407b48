"""What one connection costs: a line and its answer, and a whole connection, plain and by TLS.

    .venv/bin/python bench/hot_connection.py [--seconds 2]

The server runs in a process of its own and only its CPU time (user and system) is counted.
"""

import argparse
import asyncio
import os
import socket
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bocau.runtime.connection import Connection
from bocau.runtime.eventloop import new_event_loop
from bocau.runtime.listener import Listener
from bocau.runtime.log import get_log
from bocau.runtime.sockets import bind_tcp
from bocau.runtime.tls import ensure_self_signed, server_context

LINE = b"a1 NOOP\r\n"
ANSWER = b"a1 OK NOOP completed\r\n"
ROUNDS = 10
"""The best of so many is the least disturbed by what else the machine does."""


async def answer_lines(connection: Connection) -> None:
    connection.write(b"* OK ready\r\n")
    await connection.flush()
    while data := await connection.read(60):
        if data.startswith(b"Q"):
            return
        connection.write(ANSWER)
        await connection.flush()


async def serve(sock: socket.socket, context: ssl.SSLContext | None, stop: int) -> None:
    listener = Listener(sock, answer_lines, log=get_log("bench"), tls_context=context)
    listener.start()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_reader(stop, stopped.set)
    await stopped.wait()
    await listener.stop(0.1)


def start_server(
    loop_name: str, context: ssl.SSLContext | None
) -> tuple[int, tuple[str, int], Callable[[], None]]:
    """Fork a server; returns its process id, its address, and the function that stops it."""
    [sock] = bind_tcp("127.0.0.1", 0)
    address = sock.getsockname()
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write_end)
        factory = new_event_loop if loop_name == "uvloop" else asyncio.new_event_loop
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(serve(sock, context, read_end))
        os._exit(0)
    os.close(read_end)
    sock.close()

    def stop() -> None:
        os.close(write_end)
        os.waitpid(pid, 0)

    return pid, address, stop


def cpu_microseconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def connect(address: tuple[str, int], context: ssl.SSLContext | None) -> socket.socket:
    sock: socket.socket = socket.create_connection(address)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is not None:
        sock = context.wrap_socket(sock, server_hostname="localhost")
    sock.recv(4096)
    return sock


def ping_pong(address: tuple[str, int], context: ssl.SSLContext | None, seconds: float) -> int:
    sock = connect(address, context)
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        for _ in range(50):
            sock.sendall(LINE)
            sock.recv(4096)
        count += 50
    sock.close()
    return count


def connections(address: tuple[str, int], context: ssl.SSLContext | None, seconds: float) -> int:
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        sock = connect(address, context)
        sock.sendall(b"Q\r\n")
        sock.close()
        count += 1
    return count


def measure(
    name: str,
    loop_name: str,
    work: Callable[[tuple[str, int], ssl.SSLContext | None, float], int],
    server: ssl.SSLContext | None,
    client: ssl.SSLContext | None,
    seconds: float,
) -> None:
    pid, address, stop = start_server(loop_name, server)
    work(address, client, 0.05)
    costs, rates = [], []
    for _ in range(ROUNDS):
        started, before = time.monotonic(), cpu_microseconds(pid)
        count = work(address, client, seconds / ROUNDS)
        costs.append((cpu_microseconds(pid) - before) / count)
        rates.append(count / (time.monotonic() - started))
    stop()
    print(
        f"{name:<20} {loop_name:<8} {max(rates):>7.0f}/s {min(costs):>8.1f} µs server CPU best, "
        f"{statistics.median(costs):.1f} median"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = Path(directory) / "c.pem", Path(directory) / "k.pem"
        ensure_self_signed(certificate, key, ["localhost"])
        server = server_context(certificate, key, protocol="imap")
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    for loop_name in ("uvloop", "asyncio"):
        measure("line, plain", loop_name, ping_pong, None, None, seconds)
        measure("line, TLS", loop_name, ping_pong, server, client, seconds)
        measure("connection, plain", loop_name, connections, None, None, seconds)
        measure("connection, TLS", loop_name, connections, server, client, seconds)


if __name__ == "__main__":
    sys.exit(main())
