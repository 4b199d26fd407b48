"""One process of the server as seen from inside: its role, its sockets, when to stop, when to reload."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from bocau.runtime.eventloop import new_event_loop
from bocau.runtime.log import get_log

SWITCH_SECONDS: Final = 0.0005
"""How long a thread may hold the interpreter while the loop waits for it (Python's own: 0.005)."""
READY: Final = b"R"

_log = get_log("process")

Sockets = Mapping[str, Sequence[socket.socket]]


class Role(StrEnum):
    WORKER = "worker"
    """Serves connections; as many as there are cores."""
    BACKGROUND = "background"
    """Queue runner, indexer, sweeping: one."""


class Child:
    """What a child's main function is given.

    async def main(child: Child) -> None:
        …start…
        child.ready()
        await child.stopping()
        …stop within child.stop_seconds…
    """

    def __init__(
        self, role: Role, index: int, sockets: Sockets, channel: socket.socket, stop_seconds: float
    ) -> None:
        self.role: Final = role
        self.index: Final = index
        self.sockets: Final = sockets
        """Bound sockets by the name the binder gave them; a child may ignore some."""
        self.stop_seconds: Final = stop_seconds
        """After this time of stopping the supervisor kills."""
        self._channel = channel
        self._stop = asyncio.Event()
        self._reloads: list[Callable[[], object]] = []

    def ready(self) -> None:
        """Tell the supervisor that this process serves."""
        try:
            self._channel.send(READY)
        except OSError:
            self._stop.set()

    async def stopping(self) -> None:
        """Wait until the server is stopped (or the supervisor has died)."""
        await self._stop.wait()

    def on_reload(self, reload: Callable[[], object]) -> None:
        """Call `reload` on the loop at each SIGHUP."""
        self._reloads.append(reload)

    # --- called by the loop ---------------------------------------------------------

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._channel.setblocking(False)
        loop.add_reader(self._channel.fileno(), self._supervisor_gone)
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _supervisor_gone(self) -> None:
        try:
            if self._channel.recv(64):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        asyncio.get_running_loop().remove_reader(self._channel.fileno())
        self._stop.set()

    def _reload(self) -> None:
        for reload in self._reloads:
            try:
                reload()
            except Exception as exc:
                _log.exception("reload failed", exc)


ChildMain = Callable[[Child], Awaitable[None]]


def run_child(
    role: Role, index: int, sockets: Sockets, channel: socket.socket, stop_seconds: float, main: ChildMain
) -> int:
    """Run `main` to its end in a process just forked; returns the exit status."""
    # Ctrl-C reaches the whole group; the supervisor passes it on in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_supervised(role, index, sockets, channel, stop_seconds, main))
    except Exception as exc:
        _log.exception("process failed", exc, role=role, index=index, pid=os.getpid())
        return 1


async def _supervised(
    role: Role, index: int, sockets: Sockets, channel: socket.socket, stop_seconds: float, main: ChildMain
) -> int:
    child = Child(role, index, sockets, channel, stop_seconds)
    child._watch(asyncio.get_running_loop())
    await main(child)
    if not child._stop.is_set():
        _log.error("process ended by itself", role=role, index=index, pid=os.getpid())
        return 1
    return 0
