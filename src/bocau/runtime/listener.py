"""Accept connections on inherited sockets and give each to a handler, within limits.

    listening socket (shared by all workers) → accept one per wake-up → admission → TLS → handler(connection)

One connection per wake-up, so that a burst spreads over the workers instead of landing in one.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bocau.base.errors import PeerGone
from bocau.runtime.connection import CLOSE_SECONDS, Connection, Handler
from bocau.runtime.log import Log

CONNECTIONS_MAX: Final = 10_000
"""Connections of one worker, over all its listeners."""
CONNECTIONS_PER_CLIENT_MAX: Final = 500
"""Connections of one worker and one group from one IPv4 address or one IPv6 /64.

A whole office may sit behind one address, each of its people with five connections open."""
SERVERS_PER_CLIENT_MAX: Final = 50
"""The same where other servers come (MX): they need few."""
ACCEPT_PAUSE_SECONDS: Final = 0.5
"""How long nothing is accepted after the process ran out of file descriptors."""
FILES_RESERVED: Final = 64
"""File descriptors kept for the store, DNS and outgoing connections."""

_NO_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


@dataclass(frozen=True, slots=True)
class Limits:
    connections_max: int = CONNECTIONS_MAX
    per_client_max: int = CONNECTIONS_PER_CLIENT_MAX
    exempts_loopback: bool = True


class Admission:
    """Counts the connections of one worker; all its listeners share one."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._connections_max = min(limits.connections_max, max(16, _files_max() - FILES_RESERVED))
        self._count = 0
        self._clients: Counter[str] = Counter()

    def admit(self, host: str, group: str = "", per_client_max: int = 0) -> str:
        """Count a connection in; returns its client key. PermissionError says why it is one too many."""
        client = _client_key(host)
        is_exempt = not client or (self._limits.exempts_loopback and client in ("127", "::1"))
        client = "" if is_exempt else f"{group} {client}"
        if self._count >= self._connections_max:
            raise PermissionError("too many connections")
        if client and self._clients[client] >= (per_client_max or self._limits.per_client_max):
            raise PermissionError("too many connections from this client")
        self._count += 1
        self._clients[client] += 1
        return client

    def release(self, client: str) -> None:
        self._count -= 1
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]

    @property
    def count(self) -> int:
        return self._count


def _files_max() -> int:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else soft


def _client_key(host: str) -> str:
    """An IPv4 address, an IPv6 /64; "127" for the whole loopback network; "" for a Unix socket."""
    if ":" not in host:
        return "127" if host.startswith("127.") else host
    if host == "::1":
        return host
    packed = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    return packed[:8].hex()


class Stoppable(Protocol):
    """What a listener needs of its open connections."""

    def stop(self) -> None:
        """Finish what is being answered, then close."""

    def abort(self) -> None: ...


class Listener:
    """One listening socket and what answers on it."""

    def __init__(
        self,
        sock: socket.socket,
        handler: Handler,
        *,
        log: Log,
        tls_context: ssl.SSLContext | None = None,
        admission: Admission | None = None,
        busy_line: bytes = b"",
        group: str = "",
        per_client_max: int = 0,
    ) -> None:
        """`tls_context`: TLS from the first byte. `busy_line`: what a client that is one too many is told.

        Listeners of one `group` (a service) count their clients together, up to `per_client_max` of each
        (0: as `admission` has it).
        """
        self._sock = sock
        self._handler = handler
        self._log = log
        self._tls_context = tls_context
        self._admission = admission or Admission()
        self._busy_line = b"" if tls_context is not None else busy_line
        self._group = group
        self._per_client_max = per_client_max
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: set[asyncio.Task[Any] | None] = set()
        self._connections: set[Stoppable] = set()
        self._spare_file = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._pause: asyncio.TimerHandle | None = None
        self._is_stopped = False
        sock.setblocking(False)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and port; the path and 0 for a Unix socket."""
        name = self._sock.getsockname()
        return (str(name[0]), int(name[1])) if isinstance(name, tuple) else (str(name), 0)

    def start(self) -> None:
        self._loop.add_reader(self._sock.fileno(), self._accept)

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Accept no more; let every session finish what it is answering; then drop the rest."""
        self._stop_accepting()
        # A task that was never begun could not clean up behind itself.
        await asyncio.sleep(0)
        for task in self._tasks & self._opening:
            task.cancel()
        for connection in tuple(self._connections):
            connection.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        for connection in tuple(self._connections):
            connection.abort()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)

    def _stop_accepting(self) -> None:
        if self._is_stopped:
            return
        self._is_stopped = True
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        if self._spare_file >= 0:
            os.close(self._spare_file)

    # --- accepting ----------------------------------------------------------------

    def _accept(self) -> None:
        try:
            sock, address = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):
            return  # Another worker was faster, or the client is gone already.
        except OSError as exc:
            self._out_of_files(exc)
            return
        sock.setblocking(False)
        self._welcome(sock, _host(address))

    def _welcome(self, sock: socket.socket, host: str) -> None:
        try:
            client = self._admission.admit(host, self._group, self._per_client_max)
        except PermissionError as exc:
            self._log.warning("refused", client=host, reason=str(exc))
            _turn_away(sock, self._busy_line)
            return
        task = self._loop.create_task(self._serve(sock, client))
        self._tasks.add(task)
        self._opening.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._opening.discard(task)

    def _out_of_files(self, error: OSError) -> None:
        """No descriptor is left: answer one client by the spare one, then let the backlog hold the others.

        Without the pause the loop would spin: the socket stays readable.
        """
        if error.errno not in _NO_FILES:
            self._log.exception("accept failed", error)
        else:
            self._log.error("out of file descriptors", pause_seconds=ACCEPT_PAUSE_SECONDS)
            self._shed_one()
        self._loop.remove_reader(self._sock.fileno())
        self._pause = self._loop.call_later(ACCEPT_PAUSE_SECONDS, self._resume)

    def _shed_one(self) -> None:
        if self._spare_file >= 0:
            os.close(self._spare_file)
            self._spare_file = -1
        try:
            sock, _ = self._sock.accept()
            _turn_away(sock, self._busy_line)
        except OSError:
            pass

    def _resume(self) -> None:
        self._pause = None
        if self._spare_file < 0:
            try:
                self._spare_file = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                self._pause = self._loop.call_later(ACCEPT_PAUSE_SECONDS, self._resume)
                return
        self.start()

    # --- serving ------------------------------------------------------------------

    async def _serve(self, sock: socket.socket, client: str) -> None:
        connection: Connection | None = None
        try:
            connection = await self._open(sock)
            if connection is not None:
                await connection.handshake()
                self._opening.discard(asyncio.current_task())
                await self._handler(connection)
        except PeerGone:
            pass
        except asyncio.CancelledError:
            if connection is not None:
                connection.abort()
            raise
        except Exception as exc:
            self._log.exception("session failed", exc, client=connection.peer_host if connection else "")
        finally:
            try:
                if connection is not None:
                    await _close(connection)
                    self._connections.discard(connection)
            finally:
                self._admission.release(client)

    async def _open(self, sock: socket.socket) -> Connection | None:
        """The connection, after its TLS handshake if it has one; None when that failed."""
        connection = Connection(self._connections.add)
        connection.tls_context = self._tls_context
        try:
            await self._loop.connect_accepted_socket(lambda: connection, sock)
        except OSError as exc:
            self._log.debug("no connection", error=str(exc))
            sock.close()
            return None
        return connection


async def _close(connection: Connection) -> None:
    try:
        await connection.close()
    except (OSError, EOFError):
        connection.abort()


def _host(address: Any) -> str:
    return str(address[0]) if isinstance(address, tuple) else ""


def _turn_away(sock: socket.socket, line: bytes) -> None:
    with sock:
        try:
            sock.setblocking(False)
            sock.send(line)
        except OSError:
            pass
