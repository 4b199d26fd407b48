"""SMTP's hot loop: CPU per received message in engine and session, and the speed of a large body.

    python bench/hot_smtp.py [messages]

Ten connections send 1 KB messages, pipelined; the flow is one that only counts. What is left is the cost of
the protocol itself. The design allows 120 µs a message and asks 90 MB/s of the body.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from bocau.flow.values import Arrived, Outcome
from bocau.formats.address import Address
from bocau.protocols.smtp import Reply, ServerEngine
from bocau.protocols.smtp.data import DataCollector
from bocau.runtime.clock import SystemClock
from bocau.runtime.connection import Connection
from bocau.runtime.log import Level, configure, get_log
from bocau.services.smtp import MX, SmtpService, SmtpSettings, TraceIds
from bocau.services.smtp.session import SmtpSession

ENVELOPE = b"MAIL FROM:<sender@client.example> SIZE=1024\r\nRCPT TO:<user1@demo.test>\r\nDATA\r\n"
BODY = (
    b"From: <sender@client.example>\r\nSubject: hello\r\n\r\n"
    + b"x" * 70
    + (b"\r\n" + b"y" * 72) * 12
    + b"\r\n"
)
CONNECTIONS = 10


class CountingFlow:
    """Every message reaches everybody at once."""

    def __init__(self) -> None:
        self.count = 0

    def check_recipient(self, address: Address, size_declared: int | None) -> None: ...

    async def receive(self, arrived: Arrived) -> list[Outcome]:
        self.count += 1
        return [Outcome(recipient) for recipient in arrived.envelope.recipients]


class Wire:
    """As much of a connection as a session sees."""

    tls, peer_host, peer_port, wants_flush, has_input = None, "192.0.2.1", 4711, False, False

    def write(self, *segments: bytes) -> None: ...


def drive(coroutine: Coroutine[Any, Any, Any]) -> None:
    try:
        while True:
            coroutine.send(None)
    except StopIteration:
        return


def service() -> tuple[SmtpService, CountingFlow]:
    flow, clock = CountingFlow(), SystemClock()
    made = SmtpService(
        MX,
        SmtpSettings("mx.demo.test"),
        flow=flow,  # type: ignore[arg-type]
        directory=None,  # type: ignore[arg-type]
        clock=clock,
        log=get_log("bench"),
        new_trace_id=TraceIds(clock),
    )
    return made, flow


def session_microseconds(count: int) -> float:
    """CPU of engine and session for one message."""
    made, flow = service()
    sessions = [SmtpSession(made, Wire()) for _ in range(CONNECTIONS)]  # type: ignore[arg-type]

    def turn(session: SmtpSession, data: bytes) -> None:
        # What runtime.conversation.converse does around one read.
        _ = session.deadline_seconds
        session.engine.receive(data)
        while (event := session.engine.next_event()) is not None:
            drive(session.handle(event))

    for session in sessions:
        drive(session.begin())
        turn(session, b"EHLO client.example\r\n")
    message = BODY + b".\r\n"
    started = time.process_time()
    for _ in range(count // CONNECTIONS):
        for session in sessions:
            turn(session, ENVELOPE)
            turn(session, message)
    spent = time.process_time() - started
    assert flow.count == count
    return spent / count * 1e6


async def _loopback(count: int) -> float:
    """CPU of all of it in one process: session, event loop, sockets, and a small client."""
    made, flow = service()
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def connect() -> Connection:
        def welcome(connection: Connection) -> None:
            tasks.add(loop.create_task(made.serve(connection)))

        return Connection(welcome)

    server = await loop.create_server(connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def client(messages: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(b"EHLO client.example\r\n")
        while (await reader.readline())[3:4] == b"-":
            pass
        for _ in range(messages):
            writer.write(ENVELOPE)
            for _ in range(3):
                await reader.readline()
            writer.write(BODY + b".\r\n")
            await reader.readline()
        writer.close()

    started = time.process_time()
    await asyncio.gather(*(client(count // CONNECTIONS) for _ in range(CONNECTIONS)))
    spent = time.process_time() - started
    server.close()
    assert flow.count == count
    return spent / count * 1e6


def best_rate(size: int, once: Callable[[], object], rounds: int = 5) -> float:
    """MB/s of the fastest of a few rounds."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        once()
        times.append(time.process_time() - started)
    return size / min(times) / 1e6


def body_rate(block_bytes: int) -> float:
    line = b"some words of an ordinary line, which is about as long as most are\r\n"
    stuffed = (line * 9 + b"." + line) * (20_000_000 // (10 * len(line) + 1)) + b".\r\n"
    blocks = [stuffed[i : i + block_bytes] for i in range(0, len(stuffed), block_bytes)]

    def once() -> None:
        collector = DataCollector()
        for block in blocks:
            collector.feed(block)

    return best_rate(len(stuffed), once)


def end_of_data_rate() -> float:
    """A 20 MB body through the engine in blocks of 64 KB."""
    line = b"some words of an ordinary line, which is about as long as most are\r\n"
    message = line * (20_000_000 // len(line)) + b".\r\n"
    ok = Reply(250, "2.0.0", "Ok")

    def once() -> None:
        engine = ServerEngine()
        engine.send(Reply(220, "", "bench"))
        for command in (
            b"HELO c.example\r\n",
            b"MAIL FROM:<>\r\n",
            b"RCPT TO:<a@demo.test>\r\n",
            b"DATA\r\n",
        ):
            engine.receive(command)
            engine.next_event()
            engine.send(ok)
        for start in range(0, len(message), 65536):
            engine.receive(message[start : start + 65536])
            while engine.next_event() is not None and start + 65536 < len(message):
                pass

    return best_rate(len(message), once)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    configure(level=Level.ERROR)
    session = min(session_microseconds(count // 20) for _ in range(40))
    print(f"engine + session, 1 KB pipelined   {session:8.1f} µs a message (≤ 120)")
    print(f"the same over loopback, with client {asyncio.run(_loopback(count)):7.1f} µs a message")
    print(f"DATA collector, blocks of 16 KB     {body_rate(16384):7.0f} MB/s")
    print(f"DATA collector, blocks of 256 KB    {body_rate(262144):7.0f} MB/s")
    print(f"engine, 20 MB body, blocks of 64 KB {end_of_data_rate():7.0f} MB/s (≥ 90)")


if __name__ == "__main__":
    main()
