"""Open a connection to another server."""

import asyncio
import os
import socket
import ssl

from bocau.base.errors import PeerGone
from bocau.runtime.connection import Connection, DeadlinePassed


async def dial(
    host: str,
    port: int,
    *,
    timeout_seconds: float,
    local_address: str | None = None,
    tls_context: ssl.SSLContext | None = None,
    server_name: str | None = None,
) -> Connection:
    """Connect to an IP address (or Unix socket path with port 0).

    `tls_context`: TLS from the first byte, `server_name` is then sent and, if the context verifies, checked.
    `local_address`: the IP address to speak from. Names are not looked up: the caller has a resolver.
    Raises DeadlinePassed when nobody answers in time, PeerGone when refused or the handshake fails.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _connect(host, port, local_address, tls_context, server_name)
    except TimeoutError as exc:
        raise DeadlinePassed(f"no answer from {host}:{port}") from exc
    except (OSError, EOFError) as exc:
        raise PeerGone(f"{host}:{port}: {_reason(exc)}") from exc


async def _connect(
    host: str,
    port: int,
    local_address: str | None,
    tls_context: ssl.SSLContext | None,
    server_name: str | None,
) -> Connection:
    loop = asyncio.get_running_loop()
    sock = await _connected_socket(loop, host, port, local_address)
    connection = Connection()
    try:
        await loop.create_connection(lambda: connection, sock=sock)
        if tls_context is not None:
            await connection.start_tls(tls_context, server_side=False, server_name=server_name)
    except BaseException:
        connection.abort()
        sock.close()
        raise
    return connection


async def _connected_socket(
    loop: asyncio.AbstractEventLoop, host: str, port: int, local_address: str | None
) -> socket.socket:
    family = socket.AF_UNIX if "/" in host else socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        if local_address:
            sock.bind((local_address, 0))
        await loop.sock_connect(sock, host if family == socket.AF_UNIX else (host, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _reason(error: Exception) -> str:
    """The system's own words ("Connection refused"); the event loop's differ."""
    is_system = isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno
    return os.strerror(error.errno) if is_system else str(error)  # type: ignore[attr-defined]
