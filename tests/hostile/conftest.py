"""One server for each file of hostile input; it must end sound, with a clean log and small processes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crash.sink import Sink
from harness import Server

SIZE_MAX = 1024 * 1024
WORKER_BYTES_MAX = 256 * 1024 * 1024


@dataclass
class Remote:
    """Where all mail for other domains goes."""

    sink: Sink


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    with Sink() as sink:
        yield Remote(sink)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, remote: Remote) -> Iterator[Server]:
    settings = (
        f"submission.smarthost={remote.sink.host}:{remote.sink.port}",
        "submission.smarthost_tls=none",
        f"smtp.size_max_bytes={SIZE_MAX}",
        "login.failures_max=1000",
    )
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        before = children(running)
        yield running
        assert children(running) == before, "a process died"
        for pid in before:
            assert peak_bytes(pid) < WORKER_BYTES_MAX
        running.assert_no_traceback()
        running.cli("verify")


def children(server: Server) -> list[int]:
    text = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return sorted(int(word) for word in text.split())


def peak_bytes(pid: int) -> int:
    """The most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
