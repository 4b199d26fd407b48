"""The one transport: bytes in with a deadline, bytes out with back-pressure, TLS that drops the buffer.

    socket → BufferedProtocol (one receive buffer per thread) → inbox → read()
    write() → outgoing list → flush() → transport, waits while the peer does not read

Between socket and inbox there may be TLS, and above it DEFLATE.

Every read has a deadline, every buffer a limit. A connection knows no protocol.
"""

import asyncio
import ssl
import threading
import zlib
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bocau.base.errors import PeerGone
from bocau.runtime.deflate_layer import DeflateLayer
from bocau.runtime.tls_client import ClientCertificate, client_certificate
from bocau.runtime.tls_layer import TlsLayer

RECEIVE_BUFFER_BYTES: Final = 128 * 1024
INBOX_PAUSE_BYTES: Final = 64 * 1024
"""Unread input of this size pauses reading; the inbox holds at most this and one receive buffer more."""
OUTGOING_FLUSH_BYTES: Final = 256 * 1024
"""A handler that has written this much must flush before it goes on."""
OUTGOING_SEND_BYTES: Final = 64 * 1024
"""Answers of this size are on their way while the next ones of a batch are made."""
FLUSH_SECONDS: Final = 300.0
HANDSHAKE_SECONDS: Final = 30.0
CLOSE_SECONDS: Final = 5.0
STOPPING_CLOSE_SECONDS: Final = 1.0
"""How long the peer may take to close after our last words; less when the whole server stops."""

_buffers: Final = threading.local()


def _receive_buffer() -> memoryview:
    """Every event loop hands a buffer out and takes the data back in one breath, so a thread needs one."""
    buffer = getattr(_buffers, "view", None)
    if buffer is None:
        buffer = _buffers.view = memoryview(bytearray(RECEIVE_BUFFER_BYTES))
    return buffer


class DeadlinePassed(PeerGone):
    """The peer was silent for longer than this phase allows."""


class Stopping(PeerGone):
    """The server is being stopped: nothing more is read from this peer."""


@dataclass(frozen=True, slots=True)
class TlsInfo:
    """What was agreed: for Received headers, logs, SCRAM-PLUS channel binding."""

    version: str
    cipher: str
    server_end_point: bytes
    """RFC 5929 §4: hash of the server's certificate; empty where unknown."""
    server_name: str | None = None
    client: ClientCertificate | None = None
    """The verified certificate of a client that showed one."""


class Connection(asyncio.BufferedProtocol):
    """One TCP (or Unix) connection, either end. Made by `runtime.listener` or `runtime.dial`.

    One reader and one writer at a time: read(), readable() and flush() belong to the conversation's task.
    """

    __slots__ = (
        "__weakref__",
        "_buffer",
        "_closed",
        "_deadline_at",
        "_deflate_layer",
        "_discards",
        "_drainer",
        "_ended",
        "_inbox",
        "_inbox_bytes",
        "_input_is_over",
        "_is_stopping",
        "_is_woken",
        "_loop",
        "_lost",
        "_on_made",
        "_outgoing",
        "_outgoing_bytes",
        "_reader",
        "_reading_paused",
        "_timer",
        "_timer_at",
        "_tls_layer",
        "_transport",
        "_writing_paused",
        "local_host",
        "local_port",
        "peer_host",
        "peer_port",
        "time",
        "tls",
        "tls_context",
    )

    def __init__(self, on_made: "Callable[[Connection], None] | None" = None) -> None:
        self.peer_host: str = ""
        self.peer_port: int = 0
        self.local_host: str = ""
        self.local_port: int = 0
        self.tls: TlsInfo | None = None
        self.tls_context: ssl.SSLContext | None = None
        """Set by a listener before the connection is made: TLS from the first byte."""
        self._tls_layer: TlsLayer | None = None
        self._deflate_layer: DeflateLayer | None = None
        self._on_made = on_made
        self._loop = asyncio.get_running_loop()
        self.time = self._loop.time
        """The clock of deadlines."""
        self._transport: asyncio.Transport | None = None
        self._buffer = _receive_buffer()
        self._inbox: list[bytes] = []
        self._inbox_bytes = 0
        self._reading_paused = False
        self._ended = False
        self._input_is_over = False
        self._discards = False
        self._lost: BaseException | None = None
        self._is_woken = False
        self._is_stopping = False
        self._reader: asyncio.Future[None] | None = None
        self._deadline_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._writing_paused = False
        self._drainer: asyncio.Future[None] | None = None
        self._outgoing: list[bytes | memoryview] = []
        self._outgoing_bytes = 0
        self._closed: asyncio.Future[None] | None = None

    # --- called by the event loop -------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        local = transport.get_extra_info("sockname")
        if isinstance(peer, tuple):
            self.peer_host, self.peer_port = peer[0], peer[1]
        if isinstance(local, tuple):
            self.local_host, self.local_port = local[0], local[1]
        if self.tls_context is not None:
            self._begin_tls(self.tls_context, server_side=True, server_name=None)
        if self._on_made is not None:
            self._on_made(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._discards:
            return
        received = self._buffer[:nbytes]
        data = bytes(received) if self._tls_layer is None else self._decrypt(received)
        if self._deflate_layer is not None and data:
            data = self._inflate(self._deflate_layer, data)
        if not data or self._lost is not None:
            return
        self._put(data)

    def _put(self, data: bytes) -> None:
        self._inbox.append(data)
        self._inbox_bytes += len(data)
        if self._inbox_bytes >= INBOX_PAUSE_BYTES:
            self._pause_reading()
        reader = self._reader
        if reader is not None and not reader.done():
            reader.set_result(None)

    def eof_received(self) -> bool:
        self._ended = self._input_is_over = True
        self._wake_reader()
        # Keep the writing half open: a client may half-close and still wait for the answers.
        return not self._discards

    def connection_lost(self, exc: BaseException | None) -> None:
        self._ended = True
        self._lost = self._lost or exc or PeerGone("connection closed")
        self._wake_reader()
        self.resume_writing()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._closed is not None and not self._closed.done():
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

    def _pause_reading(self) -> None:
        if not self._reading_paused and self._transport is not None and not self._transport.is_closing():
            self._reading_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    # --- reading ------------------------------------------------------------------

    async def read(self, timeout_seconds: float) -> bytes:
        """All that has arrived, at least one byte; b"" at the end of input.

        Raises DeadlinePassed when the peer is silent too long, Stopping when the server stops.
        """
        while not self._inbox and not (self._ended and self._is_drained):
            await self._until_readable(timeout_seconds)
        return self._take_inbox()

    async def readable(self, timeout_seconds: float) -> None:
        """Wait until read() would not block or wake() is called; raises what read() raises."""
        if not self._inbox and not self._ended and not self._is_woken:
            await self._until_readable(timeout_seconds)
        self._is_woken = False

    def wake(self) -> None:
        """End the running or the next readable(): there is news other than input (IDLE and a doorbell)."""
        self._is_woken = True
        self._wake_reader()

    @property
    def has_input(self) -> bool:
        """Whether read() would return at once."""
        return bool(self._inbox) or self._ended

    def _take_inbox(self) -> bytes:
        inbox = self._inbox
        if not inbox:
            return b""
        data = inbox[0] if len(inbox) == 1 else b"".join(inbox)
        inbox.clear()
        self._inbox_bytes = 0
        if self._deflate_layer is not None and self._deflate_layer.has_waiting:
            # In the loop's next turn: a stream that swells must not keep the others from theirs.
            self._loop.call_soon(self._inflate_more)
        elif self._reading_paused:
            self._resume_reading()
        return data

    def _until_readable(self, timeout_seconds: float) -> "asyncio.Future[None]":
        """What to await before looking into the inbox again."""
        if self._is_stopping:
            raise Stopping("the server is stopping")
        self._set_deadline(timeout_seconds)
        reader = self._reader = self._loop.create_future()
        return reader

    def _set_deadline(self, timeout_seconds: float) -> None:
        """One timer lives through many reads: it is only replaced when the new deadline is earlier."""
        self._deadline_at = self._loop.time() + timeout_seconds
        if self._timer is not None:
            if self._timer_at <= self._deadline_at:
                return
            self._timer.cancel()
        self._start_timer()

    def _start_timer(self) -> None:
        self._timer_at = self._deadline_at
        self._timer = self._loop.call_at(self._deadline_at, self._check_deadline)

    def _check_deadline(self) -> None:
        self._timer = None
        if self._reader is None or self._reader.done():
            return
        # uvloop rounds timers to milliseconds: one may fire a little early.
        if self._loop.time() + 0.002 >= self._deadline_at:
            self._reader.set_exception(DeadlinePassed("silent for too long"))
        else:
            self._start_timer()

    def stop(self) -> None:
        """The server stops: what is being answered is finished, waiting for more raises Stopping."""
        self._is_stopping = True
        if self._reader is not None and not self._reader.done():
            self._reader.set_exception(Stopping("the server is stopping"))

    # --- writing ------------------------------------------------------------------

    def write(self, *segments: bytes | memoryview) -> None:
        """Queue bytes for the next flush()."""
        self._outgoing.extend(segments)
        for segment in segments:
            self._outgoing_bytes += len(segment)

    @property
    def wants_send(self) -> bool:
        """Between two answers: whether send() is worth its while."""
        return self._outgoing_bytes >= OUTGOING_SEND_BYTES

    @property
    def wants_flush(self) -> bool:
        """A handler that writes much checks this between pieces and awaits flush()."""
        return self._outgoing_bytes >= OUTGOING_FLUSH_BYTES

    async def flush(self, timeout_seconds: float = FLUSH_SECONDS) -> None:
        """Hand everything to the socket and wait while the peer is slow to read.

        Raises PeerGone when the connection is lost, DeadlinePassed when the peer does not read.
        """
        if self.send():
            await self.settle(timeout_seconds)

    def send(self) -> bool:
        """The first half of flush(), a plain call: returns whether the other half, settle(), must be awaited.

        Raises PeerGone when the connection is lost.
        """
        if self._lost is not None or self._transport is None or self._transport.is_closing():
            self._drop_outgoing()
            raise PeerGone("connection lost") from self._lost
        size = self._outgoing_bytes
        if size:
            self._hand_over()
        return self._writing_paused or size >= OUTGOING_FLUSH_BYTES

    async def settle(self, timeout_seconds: float = FLUSH_SECONDS) -> None:
        """Wait while the peer is slow to read. Raises what flush() raises."""
        if self._writing_paused:
            await self._drain(timeout_seconds)
        else:
            # A peer that reads as fast as we write must not keep the others from their turn.
            await asyncio.sleep(0)

    def _hand_over(self) -> None:
        assert self._transport is not None
        outgoing = self._outgoing
        data = outgoing[0] if len(outgoing) == 1 else b"".join(outgoing)
        self._drop_outgoing()
        if self._deflate_layer is not None:
            data = self._deflate_layer.seal(data)
        if self._tls_layer is not None:
            try:
                data = self._tls_layer.seal(data)
            except ssl.SSLError as exc:
                self._fail(exc)
                raise PeerGone(f"TLS failed: {exc}") from exc
        self._transport.write(data)

    def _drop_outgoing(self) -> None:
        self._outgoing.clear()
        self._outgoing_bytes = 0

    async def _drain(self, timeout_seconds: float) -> None:
        drainer = self._drainer = self._loop.create_future()
        timer = self._loop.call_later(timeout_seconds, _expire, drainer)
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
        """Upgrade. What is queued goes out first, in clear (the reply to STARTTLS).

        Plaintext that already arrived is dropped, never read as if inside TLS (command injection by STARTTLS:
        CVE-2011-0411, CVE-2021-33515).
        Raises PeerGone when the handshake fails, DeadlinePassed when it stalls.
        """
        assert self.tls_context is None and self._deflate_layer is None
        if self._lost is not None or self._transport is None:
            raise PeerGone("connection lost") from self._lost
        if self._outgoing:
            self._hand_over()
        self._drop_inbox()
        self._begin_tls(context, server_side=server_side, server_name=server_name)
        self._resume_reading()
        await self.handshake()

    async def handshake(self) -> None:
        """Wait until TLS is agreed; nothing to wait for on a plain connection."""
        if self._tls_layer is None:
            return
        ends_at = self._loop.time() + HANDSHAKE_SECONDS
        while self.tls is None and self._lost is None and not self._ended:
            await self._until_readable(ends_at - self._loop.time())
        if self.tls is None or self._lost is not None:
            self.abort()
            raise PeerGone(f"TLS handshake failed: {self._lost or 'connection closed'}") from self._lost

    def _begin_tls(self, context: ssl.SSLContext, *, server_side: bool, server_name: str | None) -> None:
        assert self._transport is not None
        self.tls_context = context
        self._tls_layer = TlsLayer(context, server_side=server_side, server_name=server_name)
        if self._tls_layer.must_speak:
            self._transport.write(self._tls_layer.take_output())

    def _decrypt(self, ciphertext: memoryview) -> bytes:
        layer, transport = self._tls_layer, self._transport
        assert layer is not None and transport is not None
        try:
            data = layer.feed(ciphertext)
        except ssl.SSLError as exc:
            transport.write(layer.take_output())
            self._fail(exc)
            return b""
        if self.tls is None and layer.is_established:
            self._note_tls()
        if layer.must_speak and not self._writing_paused:
            transport.write(layer.take_output())
        if layer.is_ended:
            self._ended = True
        if not data:
            self._wake_reader()
        return data

    # --- compression ----------------------------------------------------------------

    @property
    def is_compressed(self) -> bool:
        return self._deflate_layer is not None

    def start_compression(self) -> None:
        """Compress both directions from here on. What is queued (the reply to COMPRESS) goes first, plain.

        What arrived before is dropped: the peer has to wait for that reply (RFC 4978 §3). PeerGone.
        """
        assert self._deflate_layer is None
        self.send()
        self._drop_inbox()
        self._deflate_layer = DeflateLayer()
        self._resume_reading()

    def stop_compression(self) -> None:
        """End it in both directions. What is queued goes out first, compressed (RFC 8437 §4.1). PeerGone.

        Of what arrived, only what follows the end of the peer's stream is kept: nothing else can be plain.
        """
        layer = self._deflate_layer
        assert layer is not None
        self.send()
        self._drop_inbox()
        self._deflate_layer = None
        if layer.rest:
            self._put(layer.rest)
        self._resume_reading()

    def _inflate(self, layer: DeflateLayer, data: bytes) -> bytes:
        try:
            plain = layer.feed(data) if data else layer.more()
        except zlib.error as exc:
            self._fail(exc)
            return b""
        if layer.has_waiting:
            self._pause_reading()
        return plain

    @property
    def _is_drained(self) -> bool:
        """Whether nothing is left to inflate."""
        layer = self._deflate_layer
        return layer is None or not layer.has_waiting or self._lost is not None

    def _inflate_more(self) -> None:
        layer = self._deflate_layer
        if layer is None or self._is_drained:
            return
        plain = self._inflate(layer, b"")
        if plain:
            self._put(plain)
        elif not layer.has_waiting:
            self._resume_reading()

    def _drop_inbox(self) -> None:
        self._inbox.clear()
        self._inbox_bytes = 0

    def _fail(self, exc: BaseException) -> None:
        assert self._transport is not None
        self._lost = self._lost or exc
        self._ended = True
        self._wake_reader()
        self._transport.close()

    def _note_tls(self) -> None:
        assert self._tls_layer is not None
        ssl_object = self._tls_layer.ssl_object
        cipher = ssl_object.cipher()
        self.tls = TlsInfo(
            version=ssl_object.version() or "",
            cipher=cipher[0] if cipher else "",
            server_end_point=getattr(self.tls_context, "server_end_point", b""),
            server_name=ssl_object.server_hostname,
            client=client_certificate(ssl_object),
        )
        # ALPACA: a peer that came for another protocol must not be answered in this one.
        if ssl_object.selected_alpn_protocol() in getattr(self.tls_context, "alpn_refused", ()):
            self._fail(PeerGone("the peer asked for another protocol (ALPN)"))

    def get_certificate(self) -> bytes | None:
        """The peer's certificate (DER), when it showed one."""
        return self._tls_layer.ssl_object.getpeercert(binary_form=True) if self._tls_layer else None

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Send what is queued, then close; gives up after CLOSE_SECONDS."""
        if self._transport is None or self._lost is not None:
            return
        if self._outgoing:
            self._hand_over()
        if self._tls_layer is not None:
            self._transport.write(self._tls_layer.end())
        self._drop_inbox()
        self._discards = True
        if not self._input_is_over and not self._transport.is_closing():
            # Closing over unread input would reset the connection and destroy our last words on their way.
            self._resume_reading()
            self._transport.write_eof()
        else:
            self._transport.close()
        self._closed = self._loop.create_future()
        patience = STOPPING_CLOSE_SECONDS if self._is_stopping else CLOSE_SECONDS
        timer = self._loop.call_later(patience, self.abort)
        try:
            await self._closed
        finally:
            timer.cancel()


def _expire(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_exception(DeadlinePassed("the peer does not read"))


async def send_stream(connection: Connection, pieces: AsyncIterable[bytes]) -> None:
    """Write a body piece by piece, never holding more than OUTGOING_FLUSH_BYTES and one piece."""
    async for piece in pieces:
        connection.write(piece)
        if connection.wants_flush:
            await connection.flush()


Handler = Callable[[Connection], Awaitable[None]]
"""What a service gives to a listener: serves one connection to its end. The listener closes it."""
