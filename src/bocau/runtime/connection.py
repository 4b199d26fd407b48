"""The one transport: bytes in with a deadline, bytes out with back-pressure, TLS that drops the buffer.

    socket → BufferedProtocol (one receive buffer per process) → inbox → read()
    write() → outgoing list → flush() → transport, waits while the peer does not read

Every read has a deadline, every buffer a limit. A connection knows no protocol.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from bocau.base.errors import PeerGone

RECEIVE_BUFFER_BYTES: Final = 256 * 1024
INBOX_PAUSE_BYTES: Final = 256 * 1024
"""Unread input above this pauses reading from the socket."""
OUTGOING_FLUSH_BYTES: Final = 256 * 1024
"""A handler that has written this much must flush before it goes on."""
HANDSHAKE_SECONDS: Final = 30.0
CLOSE_SECONDS: Final = 5.0

_receive_buffer = memoryview(bytearray(RECEIVE_BUFFER_BYTES))


class DeadlinePassed(PeerGone):
    """The peer was silent for longer than this phase allows."""


@dataclass(frozen=True, slots=True)
class TlsInfo:
    """What was agreed: for Received headers, logs, SCRAM-PLUS channel binding."""

    version: str
    cipher: str
    server_end_point: bytes
    """RFC 5929 §4: hash of the server's certificate; empty where unknown."""
    server_name: str | None = None


class Connection(asyncio.BufferedProtocol):
    """One TCP (or Unix) connection, either end. Made by `runtime.listener` or `dial`."""

    def __init__(self, on_made: "Callable[[Connection], None] | None" = None) -> None:
        self.peer_host: str = ""
        self.peer_port: int = 0
        self.local_host: str = ""
        self.local_port: int = 0
        self.tls: TlsInfo | None = None
        self._on_made = on_made
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._inbox: list[bytes] = []
        self._inbox_bytes = 0
        self._reading_paused = False
        self._ended = False
        self._lost: BaseException | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writing_paused = False
        self._drainer: asyncio.Future[None] | None = None
        self._outgoing: list[bytes | memoryview] = []
        self._outgoing_bytes = 0
        self._closed: asyncio.Future[None] = self._loop.create_future()

    # --- called by the event loop -------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        if self.tls is None and not self.peer_host:
            peer = transport.get_extra_info("peername")
            local = transport.get_extra_info("sockname")
            if isinstance(peer, tuple):
                self.peer_host, self.peer_port = peer[0], peer[1]
            if isinstance(local, tuple):
                self.local_host, self.local_port = local[0], local[1]
            if self._on_made is not None:
                self._on_made(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _receive_buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._inbox.append(bytes(_receive_buffer[:nbytes]))
        self._inbox_bytes += nbytes
        if self._inbox_bytes >= INBOX_PAUSE_BYTES and not self._reading_paused and self._transport:
            self._reading_paused = True
            self._transport.pause_reading()
        self._wake_reader()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake_reader()
        # Keep the writing half open: a client may half-close and still wait for the answers.
        return self.tls is None

    def connection_lost(self, exc: BaseException | None) -> None:
        self._ended = True
        self._lost = exc or PeerGone("connection closed")
        self._wake_reader()
        if self._drainer is not None and not self._drainer.done():
            self._drainer.set_result(None)
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        if self._drainer is not None and not self._drainer.done():
            self._drainer.set_result(None)

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    # --- reading ------------------------------------------------------------------

    async def read(self, timeout_seconds: float) -> bytes:
        """All that has arrived, at least one byte; b"" at the end of input. DeadlinePassed when silent too long."""
        if not self._inbox and not self._ended:
            await self._wait_readable(timeout_seconds)
        if not self._inbox:
            return b""
        data = self._inbox[0] if len(self._inbox) == 1 else b"".join(self._inbox)
        self._inbox.clear()
        self._inbox_bytes = 0
        if self._reading_paused and self._transport and not self._transport.is_closing():
            self._reading_paused = False
            self._transport.resume_reading()
        return data

    async def readable(self, timeout_seconds: float) -> None:
        """Wait until read() would not block; DeadlinePassed when silent too long."""
        if not self._inbox and not self._ended:
            await self._wait_readable(timeout_seconds)

    async def _wait_readable(self, timeout_seconds: float) -> None:
        reader = self._reader = self._loop.create_future()
        timer = self._loop.call_later(timeout_seconds, self._deadline, reader)
        try:
            await reader
        finally:
            timer.cancel()
            self._reader = None

    @staticmethod
    def _deadline(reader: "asyncio.Future[None]") -> None:
        if not reader.done():
            reader.set_exception(DeadlinePassed("silent for too long"))

    @property
    def has_input(self) -> bool:
        """Whether read() would return at once."""
        return bool(self._inbox) or self._ended

    # --- writing ------------------------------------------------------------------

    def write(self, *segments: bytes | memoryview) -> None:
        """Queue bytes for the next flush()."""
        for segment in segments:
            self._outgoing.append(segment)
            self._outgoing_bytes += len(segment)

    @property
    def wants_flush(self) -> bool:
        """A handler that writes much checks this between pieces and awaits flush()."""
        return self._outgoing_bytes >= OUTGOING_FLUSH_BYTES

    async def flush(self, timeout_seconds: float = 300.0) -> None:
        """Hand everything to the socket and wait while the peer is slow to read.

        Raises PeerGone when the connection is lost, DeadlinePassed when the peer does not read.
        """
        if self._lost is not None:
            self._outgoing.clear()
            self._outgoing_bytes = 0
            raise PeerGone("connection lost") from self._lost
        if self._outgoing and self._transport:
            data = self._outgoing[0] if len(self._outgoing) == 1 else b"".join(self._outgoing)
            self._outgoing.clear()
            self._outgoing_bytes = 0
            self._transport.write(data)
        if self._writing_paused:
            await self._drain(timeout_seconds)

    async def _drain(self, timeout_seconds: float) -> None:
        drainer = self._drainer = self._loop.create_future()
        timer = self._loop.call_later(timeout_seconds, self._deadline, drainer)
        try:
            await drainer
        finally:
            timer.cancel()
            self._drainer = None
        if self._lost is not None:
            raise PeerGone("connection lost") from self._lost

    # --- TLS and the end ----------------------------------------------------------

    async def start_tls(
        self, context: ssl.SSLContext, *, server_side: bool = True, server_name: str | None = None
    ) -> None:
        """Upgrade. Flush first. Plaintext that already arrived is dropped, never read as if inside TLS.

        Command injection by STARTTLS: CVE-2011-0411, CVE-2021-33515. Raises PeerGone when the handshake fails.
        """
        assert self._transport is not None and not self._outgoing
        self._inbox.clear()
        self._inbox_bytes = 0
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_side=server_side,
                server_hostname=server_name,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except (OSError, ssl.SSLError, EOFError) as exc:
            self._lost = self._lost or exc
            self._ended = True
            if not self._closed.done():
                self._closed.set_result(None)
            raise PeerGone(f"TLS handshake failed: {exc}") from exc
        if transport is None:
            raise PeerGone("connection lost in the TLS handshake")
        self._transport = transport
        self._inbox.clear()
        self._inbox_bytes = 0
        self._note_tls(context)

    def _note_tls(self, context: ssl.SSLContext) -> None:
        assert self._transport is not None
        ssl_object = self._transport.get_extra_info("ssl_object")
        cipher = ssl_object.cipher() if ssl_object else None
        self.tls = TlsInfo(
            version=ssl_object.version() or "" if ssl_object else "",
            cipher=cipher[0] if cipher else "",
            server_end_point=getattr(context, "server_end_point", b""),
        )

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Send what is queued, then close; gives up after CLOSE_SECONDS."""
        if self._transport is None:
            return
        if self._outgoing and self._lost is None:
            self._transport.write(b"".join(self._outgoing))
            self._outgoing.clear()
            self._outgoing_bytes = 0
        self._transport.close()
        if not self._closed.done():
            timer = self._loop.call_later(CLOSE_SECONDS, self.abort)
            try:
                await asyncio.shield(self._closed)
            finally:
                timer.cancel()


Event = TypeVar("Event", covariant=True)


class Engine(Protocol[Event]):
    """A pure protocol engine: no I/O, no clock."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" is the end of input."""

    def next_event(self) -> Event | None:
        """The next complete event, or None when more bytes are needed."""


AnyEvent = TypeVar("AnyEvent")


class Session(Protocol[AnyEvent]):
    """A conversation: an engine and what its events mean."""

    engine: Engine[AnyEvent]
    is_over: bool
    """Set by a handler after the last reply: the loop flushes and returns."""

    @property
    def deadline_seconds(self) -> float:
        """How long the peer may be silent in this phase."""

    async def begin(self) -> None:
        """Greet."""

    async def handle(self, event: AnyEvent) -> None:
        """Answer one event by connection.write()."""

    def expired(self) -> None:
        """The deadline passed: write the last words (421, BYE)."""


async def converse(connection: Connection, session: "Session[AnyEvent]") -> None:
    """The only read/write loop: read, receive, answer every event, flush. Returns when the talk is over.

    Replies are flushed once per batch of input, so a pipelining client costs one write.
    """
    engine = session.engine
    try:
        await session.begin()
        while not session.is_over:
            await connection.flush()
            data = await connection.read(session.deadline_seconds)
            engine.receive(data)
            while (event := engine.next_event()) is not None:
                await session.handle(event)
                if session.is_over:
                    break
                if connection.wants_flush:
                    await connection.flush()
            if not data:
                break
    except DeadlinePassed:
        session.expired()
    except PeerGone:
        return


Handler = Callable[[Connection], Awaitable[None]]
"""What a service gives to a listener: serves one connection to its end. The listener closes it."""
