"""Doorbells between processes: short Unix datagrams "account N changed".

    ring(topics) → collected until the end of the loop's turn,  → one datagram to every other process
                   or until RING_SECONDS after the last ring    → this process's own listeners

A bell says that something changed, never what: who hears it reads the database. So a bell may come twice or
too early; it must not stay away. A full socket is tried again, a process that starts rings "everything" (its
predecessor may have died between commit and ring), and a poll of the database makes good what is still lost.
"""

import asyncio
import errno
import os
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from bocau.runtime.log import get_log

EVERYTHING: Final = "*"
"""The topic that every listener hears."""
DATAGRAM_BYTES_MAX: Final = 8192
DATAGRAMS_PER_WAKE: Final = 64
TOPIC_BYTES_MAX: Final = 64
TOPICS_WAITING_MAX: Final = 2048
"""Topics kept for a process whose socket is full; more are replaced by EVERYTHING."""
ACCOUNT_TOPIC: Final = "a"
"""What the topics of accounts begin with, and no others."""
GENERAL_SUFFIX: Final = ".general.bell"
"""Bells of processes that serve no account: most rings are none of their business."""
RING_SECONDS: Final = 0.01
"""The shortest time between two rings of one process: else each commit would wake up all the others, and
nobody sees a hundredth of a second."""
RETRY_SECONDS: Final = 0.01
POLL_SECONDS: Final = 1.0
_PATH_BYTES_MAX: Final = 100

_log = get_log("doorbell")


class Doorbell:
    """One per process: it rings in all others, whose sockets are `directory/run/*.bell`, and in this one.

    Without a directory it rings in this process only. A process that only rings (the command line) need not
    start(). `poll` returns a number that changes with every commit of any process (SQLite's data_version).
    `accounts`: whether the topics of accounts are sent to this process at all.
    """

    def __init__(
        self,
        directory: Path | None = None,
        name: str = "bell",
        *,
        poll: Callable[[], int] | None = None,
        accounts: bool = True,
    ) -> None:
        self._room = _BellRoom(directory / "run", name, accounts) if directory is not None else None
        self._poll = poll
        self._listeners: dict[str, dict[object, Callable[[], None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._rung: set[str] = set()
        self._waiting: dict[str, set[str]] = {}
        self._rang_at = -RING_SECONDS
        self._ringer: asyncio.Handle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._poller: asyncio.TimerHandle | None = None
        self._last_version: int | None = None
        self._heard_since_poll = False

    # --- the door -----------------------------------------------------------------

    def start(self) -> None:
        """Hear the other processes from now on. Call on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        if self._room is not None:
            self._loop.add_reader(self._room.open(), self._hear)
            self._send({EVERYTHING})
        if self._poll is not None:
            self._last_version = self._poll()
        self._poller = self._loop.call_later(POLL_SECONDS, self._check)

    def close(self) -> None:
        """Send what is pending, then fall silent."""
        if self._ringer is not None:
            self._ringer.cancel()
        if self._rung:
            self._flush()
        for timer in (self._retry, self._poller):
            if timer is not None:
                timer.cancel()
        self._ringer = self._retry = self._poller = None
        if self._room is not None:
            if self._loop is not None and self._room.fileno >= 0:
                self._loop.remove_reader(self._room.fileno)
            self._room.close()
        self._loop = None

    def ring(self, topics: Iterable[str]) -> None:
        """Never blocks, never raises; any thread. Topics: "a17" (account 17), "queue", "directory"."""
        loop = self._loop
        if loop is None:
            self._rung.update(topics)
            self._flush()
        elif threading.get_ident() == self._thread:
            self._collect(topics)
        else:
            try:
                loop.call_soon_threadsafe(self._collect, tuple(topics))
            except RuntimeError:
                pass  # The loop has ended; the other processes find the change by their poll.

    def listen(self, topic: str, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard()` on the loop soon after a ring of `topic` here or elsewhere.

        Returns the function that ends it; it may be called twice.
        """
        key = object()
        self._listeners.setdefault(topic, {})[key] = heard

        def end() -> None:
            listeners = self._listeners.get(topic)
            if listeners is not None and listeners.pop(key, None) is not None and not listeners:
                del self._listeners[topic]

        return end

    # --- ringing ------------------------------------------------------------------

    def _collect(self, topics: Iterable[str]) -> None:
        self._rung.update(topics)
        loop = self._loop
        if self._ringer is not None or loop is None:
            return
        pause_seconds = self._rang_at + RING_SECONDS - loop.time()
        if pause_seconds > 0:
            self._ringer = loop.call_later(pause_seconds, self._flush)
        else:
            self._ringer = loop.call_soon(self._flush)

    def _flush(self) -> None:
        topics, self._rung = self._rung, set()
        self._ringer = None
        if self._loop is not None:
            self._rang_at = self._loop.time()
        self._heard_since_poll = True
        self._send(topics)
        self._call_listeners(topics)

    def _send(self, topics: set[str]) -> None:
        if self._room is None or not topics:
            return
        general = {topic for topic in topics if not topic.startswith(ACCOUNT_TOPIC)}
        for peer in self._room.peers():
            wanted = general if peer.endswith(GENERAL_SUFFIX) else topics
            waiting = self._waiting.get(peer)
            if waiting is not None:
                self._keep(peer, waiting | wanted)
            elif wanted:
                self._send_to(peer, wanted)

    def _send_to(self, peer: str, topics: set[str]) -> None:
        assert self._room is not None
        datagrams = _datagrams(topics)
        for at, datagram in enumerate(datagrams):
            if not self._room.send(peer, datagram):
                # Only what is left: sent again from the start, a long list would never come to its end.
                self._keep(peer, _topics(b"\n".join(datagrams[at:])))
                return

    def _keep(self, peer: str, topics: set[str]) -> None:
        """The peer's socket is full: it is busy, so it may as well hear all of it a little later."""
        self._waiting[peer] = topics if len(topics) <= TOPICS_WAITING_MAX else {EVERYTHING}
        if self._retry is None and self._loop is not None:
            self._retry = self._loop.call_later(RETRY_SECONDS, self._send_waiting)

    def _send_waiting(self) -> None:
        self._retry = None
        assert self._room is not None
        waiting, self._waiting = self._waiting, {}
        peers = self._room.peers()
        for peer, topics in waiting.items():
            if peer in peers:
                self._send_to(peer, topics)

    # --- hearing ------------------------------------------------------------------

    def _hear(self) -> None:
        assert self._room is not None
        topics: set[str] = set()
        for datagram in self._room.receive():
            topics |= _topics(datagram)
        self._heard_since_poll = True
        self._call_listeners(topics)

    def _check(self) -> None:
        """The slow poll: the database changed and nobody rang."""
        assert self._loop is not None
        self._poller = self._loop.call_later(POLL_SECONDS, self._check)
        if self._room is not None:
            self._room.refresh()
        if self._poll is None:
            return
        version = self._poll()
        if version != self._last_version and not self._heard_since_poll:
            self._call_listeners({EVERYTHING})
        self._last_version = version
        self._heard_since_poll = False

    def _call_listeners(self, topics: set[str]) -> None:
        if EVERYTHING in topics:
            topics = set(self._listeners)
        for topic in topics:
            for heard in tuple(self._listeners.get(topic, {}).values()):
                try:
                    heard()
                except Exception as exc:
                    _log.exception("listener failed", exc, topic=topic)


def clear_bells(directory: Path) -> None:
    """Take down what a former server left; for who holds the data directory, before its processes start."""
    for bell in (directory / "run").glob("*.bell"):
        _unlink(bell)


def _datagrams(topics: set[str]) -> list[bytes]:
    """Lines of topics, cut into datagrams; an impossible topic becomes EVERYTHING."""
    lines = [topic.encode("ascii", "replace") for topic in topics]
    if any(not line or len(line) > TOPIC_BYTES_MAX or b"\n" in line for line in lines):
        return [EVERYTHING.encode()]
    per_datagram = DATAGRAM_BYTES_MAX // (TOPIC_BYTES_MAX + 1)
    return [b"\n".join(lines[at : at + per_datagram]) for at in range(0, len(lines), per_datagram)]


def _topics(datagram: bytes) -> set[str]:
    return set(datagram.decode("ascii", "replace").split("\n"))


class _BellRoom:
    """The directory of bells: who is there, and how to reach them."""

    def __init__(self, directory: Path, name: str, accounts: bool) -> None:
        self._directory = directory
        self._own = f"{name}-{os.getpid()}{'.bell' if accounts else GENERAL_SUFFIX}"
        self._listed_at_ns = -1
        self._peers: tuple[str, ...] = ()
        self._socket: socket.socket | None = None
        self._directory_file = -1

    @property
    def fileno(self) -> int:
        return self._socket.fileno() if self._socket is not None else -1

    def open(self) -> int:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        sock = self._sender()
        path = self._path(self._own)
        _unlink(self._directory / self._own)
        sock.bind(path)
        os.chmod(self._directory / self._own, 0o600)
        self._listed_at_ns = -1
        return sock.fileno()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            _unlink(self._directory / self._own)
        if self._directory_file >= 0:
            os.close(self._directory_file)
            self._directory_file = -1

    def peers(self) -> tuple[str, ...]:
        """The other bells; listed anew when the directory changed."""
        try:
            changed_at_ns = os.stat(self._directory).st_mtime_ns
        except OSError:
            return ()
        if changed_at_ns != self._listed_at_ns:
            self.refresh()
            self._listed_at_ns = changed_at_ns
        return self._peers

    def refresh(self) -> None:
        try:
            names = os.listdir(self._directory)
        except OSError:
            names = []
        self._peers = tuple(name for name in names if name.endswith(".bell") and name != self._own)

    def send(self, peer: str, datagram: bytes) -> bool:
        """False: the socket is full, try again. A bell whose process is gone is taken down."""
        try:
            self._sender().sendto(datagram, self._path(peer))
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as exc:
            if exc.errno == errno.ENOBUFS:
                return False
            if exc.errno in (errno.ECONNREFUSED, errno.ENOENT):
                self._take_down(peer)
        return True

    def receive(self) -> list[bytes]:
        assert self._socket is not None
        datagrams: list[bytes] = []
        for _ in range(DATAGRAMS_PER_WAKE):
            try:
                datagrams.append(self._socket.recv(DATAGRAM_BYTES_MAX))
            except OSError:
                break
        return datagrams

    def _take_down(self, peer: str) -> None:
        """Nobody listens there. The name holds the process id: a process between bind and death keeps it."""
        pid = peer.removesuffix(GENERAL_SUFFIX).removesuffix(".bell").rpartition("-")[2]
        if pid.isascii() and pid.isdigit() and not _is_alive(int(pid)):
            _unlink(self._directory / peer)
        self._listed_at_ns = -1

    def _sender(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.socket(
                socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
            )
        return self._socket

    def _path(self, name: str) -> str:
        """An address for bind and sendto: they hold 107 bytes, so a deep directory goes by its descriptor."""
        path = f"{self._directory}/{name}"
        if len(os.fsencode(path)) <= _PATH_BYTES_MAX:
            return path
        if self._directory_file < 0:
            self._directory_file = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._directory_file}/{name}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        pass
