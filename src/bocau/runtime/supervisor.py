"""The parent of all processes: binds, forks, watches, restarts, stops (ADR 0004).

    lock → bind → drop root → prepare → preload, freeze → fork workers and background → ready
    child died → again, with growing pauses     SIGTERM, SIGINT → SIGTERM to all, then SIGKILL
    SIGHUP → passed on                          supervisor dies → children see end of file and stop

It runs no event loop and touches no mail, so that there is little in it that can fail.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bocau.runtime import systemd
from bocau.runtime.child import READY, ChildMain, Role, Sockets, run_child
from bocau.runtime.data_lock import lock_data_directory
from bocau.runtime.log import get_log
from bocau.runtime.privileges import PYTHON, can_read, drop_privileges, ids_of
from bocau.runtime.sockets import raise_file_limit

STOP_SECONDS: Final = 15.0
RESTART_PAUSE_SECONDS: Final = 0.1
RESTART_PAUSE_SECONDS_MAX: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A child that lived this long is restarted without a longer pause."""
WORKERS_MAX: Final = 256
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

_log = get_log("supervisor")


@dataclass(frozen=True, slots=True)
class SupervisorSettings:
    directory: Path
    """The data directory: locked while the server runs."""
    workers: int = 1
    user: str = ""
    """Whom to become after binding; "" stays."""
    group: str = ""
    preload: tuple[str, ...] = ()
    """Modules imported before the fork, so that all processes share their memory."""
    preload_all: Callable[[], None] = lambda: None
    """Import also what is imported late; called as root when `user` cannot read Python's files."""
    pid_file: Path | None = None
    stop_seconds: float = STOP_SECONDS


def run_supervisor(
    settings: SupervisorSettings,
    bind: Callable[[], Sockets],
    main: ChildMain,
    *,
    prepare: Callable[[], None] = lambda: None,
    on_ready: Callable[[], None] = lambda: None,
) -> int:
    """Run the server until it is told to stop; returns the exit status (0: stopped as asked).

    `bind` runs once, still as root; `prepare` after root was dropped (schema, certificates); it must leave no
    thread and no open database behind. `on_ready` runs when every child serves for the first time.
    Raises InUse when another server has the data directory or a port.
    """
    assert 1 <= settings.workers <= WORKERS_MAX
    lock = lock_data_directory(settings.directory)
    try:
        sockets = bind()
        raise_file_limit()
        _write_pid_file(settings.pid_file)
        if settings.user:
            _become_user(settings, lock)
        prepare()
        for module in settings.preload:
            importlib.import_module(module)
        return Supervisor(settings, sockets, main, on_ready).run()
    finally:
        _remove_pid_file(settings.pid_file)
        os.close(lock)


def _become_user(settings: SupervisorSettings, lock: int) -> None:
    user, group = settings.user, settings.group
    if os.geteuid() == 0:
        # Commands of this user ask the file whether the server runs.
        os.fchown(lock, *ids_of(user, group))
        if not can_read(PYTHON, user, group):
            _log.warning("imports everything now: the user cannot read Python", user=user, folder=PYTHON)
            settings.preload_all()
    drop_privileges(user, group)


def _write_pid_file(path: Path | None) -> None:
    if path is not None:
        path.write_text(f"{os.getpid()}\n")


def _remove_pid_file(path: Path | None) -> None:
    if path is not None:
        try:
            path.unlink()
        except OSError:
            pass  # Gone, or in a directory that belongs to root.


@dataclass(slots=True)
class _Process:
    role: Role
    index: int
    pid: int = 0
    """0 while it waits for its restart."""
    channel: socket.socket | None = None
    is_ready: bool = False
    started_at: float = 0.0
    restart_at: float = 0.0
    failures: int = 0


@dataclass(slots=True)
class _Signals:
    """Python's signal handlers only note the number here; the loop below acts on it."""

    pending: set[int] = field(default_factory=set)

    def note(self, number: int, frame: object) -> None:
        self.pending.add(number)


class Supervisor:
    def __init__(
        self, settings: SupervisorSettings, sockets: Sockets, main: ChildMain, on_ready: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._sockets = sockets
        self._main = main
        self._on_ready = on_ready
        self._signals = _Signals()
        self._selector = selectors.DefaultSelector()
        roles = [(Role.WORKER, index) for index in range(settings.workers)] + [(Role.BACKGROUND, 0)]
        self._processes = [_Process(role, index) for role, index in roles]
        self._wakeup: tuple[socket.socket, socket.socket] | None = None
        self._was_ready = False
        self._stop_at: float | None = None
        self._status = 0
        self._watchdog_at = 0.0

    def run(self) -> int:
        self._catch_signals()
        # Objects of the parent are never garbage in a child: not touching them keeps their pages shared.
        gc.collect()
        gc.freeze()
        for process in self._processes:
            self._start(process)
        while self._stop_at is None or any(process.pid for process in self._processes):
            self._turn()
        return self._status

    def _catch_signals(self) -> None:
        self._wakeup = socket.socketpair()
        for end in self._wakeup:
            end.setblocking(False)
        self._selector.register(self._wakeup[0], selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wakeup[1].fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, self._signals.note)

    # --- one turn: wait for news, then act on it ------------------------------------

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._seconds_to_wait()):
            if key.data is None:
                _drain(key.fileobj)  # type: ignore[arg-type]
            else:
                self._hear(key.data)
        self._act_on_signals()
        now = time.monotonic()
        for process in self._processes:
            if not process.pid and self._stop_at is None and now >= process.restart_at:
                self._start(process)
        if self._stop_at is not None and now >= self._stop_at:
            self._kill_all(signal.SIGKILL)
        self._feed_watchdog(now)

    def _seconds_to_wait(self) -> float | None:
        times = [
            process.restart_at for process in self._processes if not process.pid and self._stop_at is None
        ]
        if self._stop_at is not None:
            times.append(self._stop_at)
        if self._watchdog_at:
            times.append(self._watchdog_at)
        # A stop that is overdue looks again ten times a second.
        return max(min(times) - time.monotonic(), 0.1) if times else None

    def _act_on_signals(self) -> None:
        pending, self._signals.pending = self._signals.pending, set()
        if signal.SIGTERM in pending or signal.SIGINT in pending:
            self._begin_stop(0)
        if signal.SIGHUP in pending:
            self._reload()
        self._reap()

    def _hear(self, process: _Process) -> None:
        assert process.channel is not None
        try:
            said = process.channel.recv(64)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self._selector.unregister(process.channel)
            process.channel.close()
            process.channel = None
        elif READY in said:
            process.is_ready = True
            self._check_ready()

    def _check_ready(self) -> None:
        if self._was_ready or not all(process.is_ready for process in self._processes):
            return
        self._was_ready = True
        _log.info("ready", workers=self._settings.workers, pid=os.getpid())
        systemd.notify(f"READY=1\nMAINPID={os.getpid()}")
        seconds = systemd.watchdog_seconds()
        self._watchdog_at = time.monotonic() + seconds if seconds else 0.0
        self._on_ready()

    def _feed_watchdog(self, now: float) -> None:
        seconds = systemd.watchdog_seconds() if self._watchdog_at else None
        if seconds and now >= self._watchdog_at:
            systemd.notify("WATCHDOG=1")
            self._watchdog_at = now + seconds

    # --- starting and ending children -------------------------------------------------

    def _start(self, process: _Process) -> None:
        parent_end, child_end = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        # A SIGTERM that comes before the child has its own handlers waits instead of being lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            self._become_child(process, child_end, parent_end)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        child_end.close()
        parent_end.setblocking(False)
        process.pid, process.channel, process.is_ready = pid, parent_end, False
        process.started_at = time.monotonic()
        self._selector.register(parent_end, selectors.EVENT_READ, process)

    def _become_child(self, process: _Process, channel: socket.socket, parent_end: socket.socket) -> None:
        """Never returns. The parent's ends are closed, else the others would not see it die."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._selector.close()
            for end in (parent_end, *(self._wakeup or ()), *(other.channel for other in self._processes)):
                if end is not None:
                    end.close()
            stop_seconds = self._settings.stop_seconds
            status = run_child(process.role, process.index, self._sockets, channel, stop_seconds, self._main)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _reap(self) -> None:
        for process in self._processes:
            if process.pid:
                pid, status = os.waitpid(process.pid, os.WNOHANG)
                if pid:
                    self._ended(process, os.waitstatus_to_exitcode(status))

    def _ended(self, process: _Process, status: int) -> None:
        pid, process.pid = process.pid, 0
        if process.channel is not None:
            self._selector.unregister(process.channel)
            process.channel.close()
            process.channel = None
        if self._stop_at is not None:
            return
        why = f"signal {-status}" if status < 0 else f"status {status}"
        if not self._was_ready:
            _log.error("process failed at start", role=process.role, index=process.index, pid=pid, why=why)
            self._begin_stop(1)
            return
        pause = self._restart_pause(process)
        process.restart_at = time.monotonic() + pause
        _log.error(
            "process died", role=process.role, index=process.index, pid=pid, why=why, restart_seconds=pause
        )

    def _restart_pause(self, process: _Process) -> float:
        steady = time.monotonic() - process.started_at >= STEADY_SECONDS
        process.failures = 0 if steady else process.failures + 1
        return min(RESTART_PAUSE_SECONDS * 2.0**process.failures, RESTART_PAUSE_SECONDS_MAX)

    def _begin_stop(self, status: int) -> None:
        if self._stop_at is not None:
            return
        self._status = status
        self._stop_at = time.monotonic() + self._settings.stop_seconds
        _log.info("stopping", pid=os.getpid())
        systemd.notify("STOPPING=1")
        self._kill_all(signal.SIGTERM)

    def _kill_all(self, number: signal.Signals) -> None:
        for process in self._processes:
            if process.pid:
                if number == signal.SIGKILL:
                    _log.error("process killed: it did not stop", role=process.role, pid=process.pid)
                os.kill(process.pid, number)

    def _reload(self) -> None:
        _log.info("reloading", pid=os.getpid())
        systemd.notify_reloading()
        self._kill_all(signal.SIGHUP)
        systemd.notify("READY=1")


def _drain(sock: socket.socket) -> None:
    try:
        while sock.recv(4096):
            pass
    except BlockingIOError:
        pass
