"""HTTP connections by the clock: slow heads, slow bodies, answers that nobody reads (E-5)."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import create_connection

import pytest

from bocau.base.errors import PeerGone
from bocau.runtime import http as http_module
from bocau.runtime import http_connection
from bocau.runtime.asgi import Receive, Scope, Send, read_body, respond
from bocau.runtime.http import HttpHost, HttpListener
from bocau.runtime.listener import Admission, Limits
from bocau.runtime.log import get_log
from bocau.runtime.sockets import bind_tcp

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the length of the body; /endless with more than anybody reads."""
    if scope["path"] == "/endless":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(10_000):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            await asyncio.sleep(0)
    try:
        body = await read_body(receive, 1_000_000)
    except PeerGone:
        return
    await respond(send, 200, b"%d" % len(body))


@asynccontextmanager
async def _serving(
    limits: Limits = Limits(), tls: ssl.SSLContext | None = None
) -> AsyncIterator[HttpListener]:
    host = HttpHost(_app, get_log("http"), websocket_bytes_max=1000)
    (sock,) = bind_tcp("127.0.0.1", 0)
    listener = HttpListener(sock, host, log=get_log("http"), tls_context=tls, admission=Admission(limits))
    listener.start()
    try:
        yield listener
    finally:
        await listener.stop(0.5)
        host.close()


async def _connect(listener: HttpListener) -> Streams:
    return await asyncio.open_connection(*listener.address)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is a twentieth of one."""
    monkeypatch.setattr(http_module, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(http_connection, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(http_connection, "BODY_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(http_connection, "UNREAD_SECONDS", 0.2)


@pytest.mark.parametrize("start", [b"", b"P", HEAD, HEAD + b"X: y"])
async def test_a_head_that_does_not_come_to_its_end(start: bytes) -> None:
    async with _serving() as listener:
        reader, writer = await _connect(listener)
        writer.write(start)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_a_head_byte_by_byte_has_no_more_time_for_it() -> None:
    async with _serving() as listener:
        reader, writer = await _connect(listener)
        gone = asyncio.ensure_future(reader.read())
        async with asyncio.timeout(5):
            while not gone.done():
                writer.write(b"P")
                await asyncio.wait([gone], timeout=0.02)
        writer.close()


async def test_a_body_that_trickles_is_not_waited_for() -> None:
    async with _serving() as listener:
        reader, writer = await _connect(listener)
        writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
        gone = asyncio.ensure_future(reader.read())
        async with asyncio.timeout(5):
            while not gone.done():
                writer.write(b"x")
                await asyncio.wait([gone], timeout=0.02)
        assert gone.exception() is not None or gone.result() == b""
        writer.close()


async def test_a_body_that_comes_steadily_is() -> None:
    async with _serving() as listener:
        reader, writer = await _connect(listener)
        writer.write(HEAD + b"Connection: close\r\nContent-Length: 600000\r\n\r\n")
        for _ in range(30):
            writer.write(b"x" * 20_000)
            await asyncio.sleep(0.02)
        assert (await reader.read()).endswith(b"\r\n600000")
        writer.close()


async def test_an_answer_that_nobody_reads_is_not_kept() -> None:
    async with _serving() as listener:
        reader, writer = await _connect(listener)
        writer.write(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(5):
            await reader.read(1)
            await asyncio.wait(listener._tasks)
        writer.close()


async def test_one_connection_too_many_is_told() -> None:
    async with _serving(Limits(connections_max=1)) as listener:
        _, first = await _connect(listener)
        reader, second = await _connect(listener)
        async with asyncio.timeout(5):
            assert (await reader.read()).startswith(b"HTTP/1.1 503")
        first.close()
        second.close()


async def test_a_stop_closes_what_is_idle_at_once() -> None:
    async with _serving() as listener:
        reader, writer = await _connect(listener)
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n0")
        async with asyncio.timeout(5):
            await listener.stop(4.0)
        assert await reader.read() == b""
        writer.close()


async def test_a_stop_does_not_wait_for_the_goodbye_of_who_sleeps(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "STOPPING_CLOSE_SECONDS", 0.05)

    def asleep(address: tuple[str, int]) -> ssl.SSLSocket:
        client = client_tls.wrap_socket(create_connection(address, 5))
        client.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
        said = b""
        while not said.endswith(b"\r\n\r\n0"):
            said += client.recv(1000)
        return client

    async with _serving(tls=server_tls) as listener:
        with await asyncio.to_thread(asleep, listener.address):
            async with asyncio.timeout(10):
                await listener.stop(20.0)
