"""What stands between and behind the octets of a body, and WebSockets of clients that do not listen (E-5)."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bocau.runtime import http as http_module
from bocau.runtime import http_connection
from bocau.runtime.asgi import Receive, Scope, Send, header, read_body, respond
from bocau.runtime.http import HttpHost, HttpListener
from bocau.runtime.listener import Admission
from bocau.runtime.log import get_log
from bocau.runtime.sockets import bind_tcp

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nX: head\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
TEXT, MORE, CLOSE, PING = 1, 0, 8, 9
ANSWER_BYTES = 1_000_000
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Application:
    """Tells the X fields of a request; answers each message of a WebSocket with a long one."""

    def __init__(self) -> None:
        self.answer_bytes = ANSWER_BYTES
        self.messages = 0
        self.told = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(receive, send)
        elif scope["path"] == "/endless":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
        else:
            await read_body(receive, 1_000_000)
            await respond(send, 200, ",".join([header(scope, b"x"), header(scope, b"y")]).encode())

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        running = set()
        while (await receive())["type"] == "websocket.receive":
            self.messages += 1
            running.add(asyncio.ensure_future(self._tell(send)))
            # The first answer is written while other messages wait to be taken.
            await asyncio.sleep(0)
        await asyncio.gather(*running, return_exceptions=True)

    async def _tell(self, send: Send) -> None:
        await send({"type": "websocket.send", "bytes": bytes(self.answer_bytes)})
        self.told += 1


@asynccontextmanager
async def _serving(app: Application) -> AsyncIterator[HttpListener]:
    host = HttpHost(app, get_log("http"), websocket_bytes_max=1_000_000)
    (sock,) = bind_tcp("127.0.0.1", 0)
    listener = HttpListener(sock, host, log=get_log("http"), tls_context=None, admission=Admission())
    listener.start()
    try:
        yield listener
    finally:
        await listener.stop(0.5)
        host.close()


async def _asked(*pieces: bytes) -> bytes:
    """What the server says until it closes."""
    async with _serving(Application()) as listener, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(*listener.address)
        for piece in pieces:
            writer.write(piece)
        said = await reader.read()
        writer.close()
        return said


def frame(kind: int, data: bytes = b"", *, is_last: bool = True) -> bytes:
    """As a client sends it, masked by nothing (RFC 6455 §5.2)."""
    length = bytes((0x80 | len(data),)) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
    return bytes((0x80 * is_last | kind,)) + length + bytes(4) + data


async def _upgraded(listener: HttpListener) -> Streams:
    reader, writer = await asyncio.open_connection(*listener.address)
    writer.write(HANDSHAKE + b"\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    return reader, writer


# --- bodies ----------------------------------------------------------------------------------------


async def test_a_trailer_is_no_header_field() -> None:
    """RFC 9110 §6.5.1: nobody has looked at it who looked at the header."""
    said = await _asked(
        HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: trailer\r\nY: trailer\r\n\r\n"
    )
    assert said.endswith(b"\r\n\r\nhead,")


@pytest.mark.parametrize("start", [b"0\r\nX: ", b"1;x="])
async def test_framing_without_end_is_ended(start: bytes) -> None:
    more = [b"y" * 8192] * (http_connection.FRAMING_BYTES_MAX // 8192 + 1)
    try:
        assert (await _asked(CHUNKED + start, *more)).startswith(b"HTTP/1.1 431")
    except ConnectionResetError:
        pass  # It was closed with octets of ours unread.


async def test_small_chunks_are_not_framing_without_end() -> None:
    chunks = b"1\r\nx\r\n" * 20_000
    said = await _asked(CHUNKED.replace(b"X:", b"Connection: close\r\nX:") + chunks, b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200")


async def test_a_large_body_may_follow_a_larger_one() -> None:
    """On one connection: each body is counted from its own beginning."""
    length = http_connection.FRAMING_BYTES_MAX * 2
    first = HEAD + b"Content-Length: %d\r\n\r\n" % (length * 3) + b"x" * length * 3
    second = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % length
    said = await _asked(first, second, b"x" * length)
    assert said.count(b"HTTP/1.1 200") == 2


# --- WebSockets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        HANDSHAKE.replace(b"GET", b"POST") + b"\r\n",
        HANDSHAKE + b"Content-Length: 5\r\n\r\nhello",
        HANDSHAKE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HANDSHAKE.replace(b"13", b"12") + b"\r\n",
        # Longer than the library behind it reads.
        HANDSHAKE + b"X: " + b"y" * 20_000 + b"\r\n\r\n",
    ],
    ids=("post", "length", "chunked", "version", "long"),
)
async def test_a_handshake_that_is_none_is_refused_and_closed(request_: bytes) -> None:
    assert (await _asked(request_)).startswith(b"HTTP/1.1 4")


async def test_no_handshake_while_an_answer_is_under_way() -> None:
    """The application would never hear that the client of the first one is gone."""
    said = await _asked(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n", HANDSHAKE + b"\r\n")
    assert b" 101 " not in said


class Watched(http_connection.WebSocketConnection):
    """Tells when its client has left too much unread."""

    paused: asyncio.Event

    def pause_writing(self) -> None:
        super().pause_writing()
        self.paused.set()


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    Watched.paused = asyncio.Event()
    monkeypatch.setattr(http_module, "WebSocketConnection", Watched)
    return Watched.paused


@pytest.mark.parametrize(
    ("sent", "count"),
    [(frame(PING, bytes(125)), 100_000), (frame(TEXT, bytes(10_000)), 2_000)],
    ids=("pings", "messages"),
)
async def test_who_does_not_read_is_not_heard(paused: asyncio.Event, sent: bytes, count: int) -> None:
    app = Application()
    async with _serving(app) as listener, asyncio.timeout(20):
        reader, writer = await _upgraded(listener)
        writer.write(sent * count)
        await paused.wait()
        for _ in range(2_000):
            await asyncio.sleep(0)
        (connection,) = listener._connections
        assert not connection.transport.is_reading()  # type: ignore[attr-defined]
        # What the kernel has taken is told; behind it a read or two were heard.
        assert app.messages - app.told < 200
        assert app.messages < count / 2
        # It goes on where it stopped.
        await reader.readexactly(50 * ANSWER_BYTES if app.messages else count * 127)
        writer.transport.abort()


async def test_an_answer_is_told_when_the_client_has_taken_it(paused: asyncio.Event) -> None:
    """So what is not taken is in the count of the account's requests."""
    app = Application()
    app.answer_bytes = 20 * ANSWER_BYTES
    async with _serving(app) as listener, asyncio.timeout(20):
        reader, writer = await _upgraded(listener)
        writer.write(frame(TEXT))
        await paused.wait()
        await asyncio.sleep(0)
        assert (app.messages, app.told) == (1, 0)
        await reader.readexactly(app.answer_bytes)
        await asyncio.sleep(0)
        assert app.told == 1
        writer.transport.abort()


async def test_a_message_of_endless_fragments_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "FRAGMENTS_MAX", 100)
    app = Application()
    async with _serving(app) as listener, asyncio.timeout(10):
        reader, writer = await _upgraded(listener)
        writer.write(frame(TEXT, is_last=False) + frame(MORE, is_last=False) * 98 + frame(MORE))
        await reader.readexactly(ANSWER_BYTES)
        writer.write(frame(TEXT, is_last=False) + frame(MORE, is_last=False) * 200)
        assert struct.pack(">H", http_connection.TOO_BIG) in (await reader.read())[-40:]
        writer.close()
    assert app.messages == 1
