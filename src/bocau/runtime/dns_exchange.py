"""One question to one DNS server: UDP, then TCP when the answer did not fit (RFC 7766)."""

import asyncio
import secrets
import socket
from typing import Final

from bocau.runtime.dns_message import DnsFault, Message, answers_query, decode, encode_query

TCP_ANSWER_BYTES_MAX: Final = 65535
_UDP_RECEIVE_BYTES: Final = 4096

Server = tuple[str, int]


async def ask(server: Server, name: bytes, kind: int, timeout_seconds: float) -> Message:
    """Raises OSError, TimeoutError (an OSError) or DnsFault when there is no answer that can be used."""
    query = encode_query(secrets.randbits(16), name, kind)
    message = decode(await _by_udp(server, query, timeout_seconds))
    if message.is_truncated:
        async with asyncio.timeout(timeout_seconds):
            reply = await _by_tcp(server, query)
        if not answers_query(reply, query):
            raise DnsFault("an answer to another question")
        message = decode(reply)
    return message


def _socket(server: Server, kind: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    return socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)


async def _by_udp(server: Server, query: bytes, timeout_seconds: float) -> bytes:
    """A socket of its own for every question: the kernel's random port is half of what a forger must guess.

    It is connected, so only this server's datagrams (and its ICMP errors) arrive; wrong ones are passed over.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()
    with _socket(server, socket.SOCK_DGRAM) as sock:
        sock.connect(server)
        sock.send(query)
        loop.add_reader(sock.fileno(), _receive, sock, query, answer)
        timer = loop.call_later(timeout_seconds, _expire, answer)
        try:
            return await answer
        finally:
            timer.cancel()
            loop.remove_reader(sock.fileno())


def _receive(sock: socket.socket, query: bytes, answer: "asyncio.Future[bytes]") -> None:
    if answer.done():
        return
    try:
        reply = sock.recv(_UDP_RECEIVE_BYTES)
    except (BlockingIOError, InterruptedError):
        return
    except OSError as exc:
        answer.set_exception(exc)
        return
    if answers_query(reply, query):
        answer.set_result(reply)


def _expire(answer: "asyncio.Future[bytes]") -> None:
    if not answer.done():
        answer.set_exception(TimeoutError("no answer in time"))


async def _by_tcp(server: Server, query: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    with _socket(server, socket.SOCK_STREAM) as sock:
        await loop.sock_connect(sock, server)
        await loop.sock_sendall(sock, len(query).to_bytes(2, "big") + query)
        length = int.from_bytes(await _exactly(loop, sock, 2), "big")
        return await _exactly(loop, sock, length)


async def _exactly(loop: asyncio.AbstractEventLoop, sock: socket.socket, count: int) -> bytes:
    pieces: list[bytes] = []
    while count:
        piece = await loop.sock_recv(sock, count)
        if not piece:
            raise DnsFault("the server hung up")
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
