"""The supervisor with real processes and signals."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bocau.base.errors import InUse
from bocau.runtime.data_lock import lock_data_directory, server_pid

SCRIPT = Path(__file__).with_name("supervised.py")


class Server:
    def __init__(self, directory: Path, mode: str = "normal", **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(directory), mode],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        self.lines: list[str] = []

    def until(self, start: str) -> str:
        """The next line that begins so; earlier ones are kept."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith(start):
                return self.lines[-1]
        raise AssertionError(f"no {start!r} in {self.lines}; {self.process.stderr.read()}")  # type: ignore[union-attr]

    def children(self) -> dict[str, int]:
        words = [line.split() for line in self.lines if line.startswith("started")]
        return {f"{role}{index}": int(pid) for _, role, index, pid in words}

    def port(self) -> int:
        return int(next(line for line in self.lines if line.startswith("port")).split()[1])

    def greeting(self) -> int:
        with socket.create_connection(("127.0.0.1", self.port()), timeout=5) as sock:
            return int(sock.makefile().readline())

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        self.lines += out.split("\n")
        return self.process.returncode, err


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Server]]:
    made: list[Server] = []
    yield made
    for server in made:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def _wait_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(_is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "children outlive their supervisor"
        time.sleep(0.01)


def test_all_start_serve_reload_and_stop_in_order(servers: list[Server], tmp_path: Path) -> None:
    servers.append(server := Server(tmp_path))
    server.until("ready")
    children = server.children()
    assert set(children) == {"worker0", "worker1", "background0"}
    assert server_pid(tmp_path) == server.process.pid == int((tmp_path / "serve.pid").read_text())
    assert server.greeting() in (children["worker0"], children["worker1"])
    server.process.send_signal(signal.SIGHUP)
    reloads = {server.until("reloaded") for _ in range(3)}
    assert reloads == {"reloaded worker 0", "reloaded worker 1", "reloaded background 0"}
    status, log = server.stop()
    assert status == 0
    assert {"stopped worker 0", "stopped worker 1", "stopped background 0"} <= set(server.lines)
    assert "error" not in log
    assert not (tmp_path / "serve.pid").exists() and server_pid(tmp_path) is None


def test_a_killed_child_comes_back_and_the_others_serve_on(servers: list[Server], tmp_path: Path) -> None:
    servers.append(server := Server(tmp_path))
    server.until("ready")
    children = server.children()
    os.kill(children["worker0"], signal.SIGKILL)
    assert server.greeting() == children["worker1"]
    server.until("started worker 0")
    assert server.children()["worker0"] != children["worker0"]
    status, log = server.stop(signal.SIGINT)
    assert status == 0
    assert log.count('"event":"process died"') == 1 and "signal 9" in log


def test_children_stop_when_the_supervisor_is_killed(servers: list[Server], tmp_path: Path) -> None:
    servers.append(server := Server(tmp_path))
    server.until("ready")
    pids = list(server.children().values())
    server.process.kill()
    _wait_gone(pids)
    assert server_pid(tmp_path) is None


def test_a_child_that_does_not_stop_is_killed(servers: list[Server], tmp_path: Path) -> None:
    servers.append(server := Server(tmp_path, "stubborn"))
    server.until("ready")
    pids = list(server.children().values())
    started = time.monotonic()
    _, log = server.stop()
    assert time.monotonic() - started < 10
    assert "did not stop" in log
    assert not any(_is_alive(pid) for pid in pids)


def test_a_server_that_cannot_start_says_why_and_ends(servers: list[Server], tmp_path: Path) -> None:
    servers.append(server := Server(tmp_path, "fails"))
    _, log = server.process.communicate(timeout=20)
    assert server.process.returncode == 1
    assert "RuntimeError: cannot start" in log and "process failed at start" in log


def test_a_second_server_on_one_directory_is_refused_by_name(servers: list[Server], tmp_path: Path) -> None:
    servers.append(first := Server(tmp_path))
    first.until("ready")
    servers.append(second := Server(tmp_path))
    line = second.until("refused")
    assert str(first.process.pid) in line and str(tmp_path) in line
    assert second.process.wait(10) == 1
    assert server_pid(tmp_path) == first.process.pid
    assert first.stop()[0] == 0


def test_systemd_hears_of_ready_watchdog_and_stopping(servers: list[Server], tmp_path: Path) -> None:
    path = f"/tmp/bocau-test-{os.getpid()}.notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(10)
        try:
            servers.append(server := Server(tmp_path, NOTIFY_SOCKET=path, WATCHDOG_USEC="400000"))
            server.until("ready")
            assert manager.recv(200).decode() == f"READY=1\nMAINPID={server.process.pid}"
            assert manager.recv(200) == b"WATCHDOG=1"
            server.process.send_signal(signal.SIGHUP)
            said = {manager.recv(200).split(b"\n")[0] for _ in range(3)}
            assert {b"RELOADING=1", b"READY=1"} <= said
            server.stop()
            manager.settimeout(1)
            said = set()
            while b"STOPPING=1" not in said:
                said.add(manager.recv(200))
        finally:
            os.unlink(path)


def test_the_lock_is_free_after_its_owner(tmp_path: Path) -> None:
    lock = lock_data_directory(tmp_path / "new")
    with pytest.raises(InUse, match=str(os.getpid())):
        lock_data_directory(tmp_path / "new")
    os.close(lock)
    os.close(lock_data_directory(tmp_path / "new"))
