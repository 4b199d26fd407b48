"""A server made to die: started in a moment, watched and hurt by strace, started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import START_SECONDS, Server, StartFailed

ATTACH_SECONDS = 20.0
DETACH_SECONDS = 0.5


class Zygote:
    """See zygote.py; one for a file of tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def run(self, *arguments: str, data: Path, out: Path, err: Path) -> "Fork":
        paths = {"data": str(data), "out": str(out), "err": str(err)}
        return Fork(self, self._ask({"run": arguments, **paths})["pid"])

    def poll(self, pid: int) -> int | None:
        status: int | None = self._ask({"poll": pid})["status"]
        return status

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Fork:
    """A command of the zygote; what the harness wants of a subprocess.Popen."""

    stdout = None

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self._zygote = zygote
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._zygote.poll(self.pid)
        return self.returncode

    def wait(self, timeout: float = 60.0) -> int:
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.005)
        return status

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


class Victim(Server):
    """`bocau demo` out of a zygote."""

    def __init__(self, directory: Path, zygote: Zygote, **options: Any) -> None:
        super().__init__(directory, **options)
        self.zygote = zygote
        self._commands = 0

    def _start(self) -> None:
        words = ["demo", "--json", "--dir", str(self.data), "--port-offset", str(self.offset)]
        words += ["--users", str(self.users), "--password", self.password, "--workers", str(self.workers)]
        words += [word for setting in self.settings for word in ("--set", setting)]
        out = self.directory / "server.out"
        out.unlink(missing_ok=True)
        process = self.zygote.run(*words, data=self.data, out=out, err=self.log_file)
        self._process = process  # type: ignore[assignment]
        deadline = time.monotonic() + START_SECONDS
        while not (out.exists() and out.read_bytes().endswith(b"\nready\n")):
            if process.poll() is not None or time.monotonic() > deadline:
                raise StartFailed(f"not ready:\n{self.log()}")
            time.sleep(0.005)
        facts = json.loads(out.read_text().removesuffix("ready\n"))
        self.ports, self.accounts = facts["ports"], facts["accounts"]

    def _end(self) -> None:
        self._process = None

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run `bocau ARGUMENTS…` on this server's data: (exit status, what it printed)."""
        self._commands += 1
        out = self.directory / f"command{self._commands}.out"
        status = self.zygote.run(*arguments, data=self.data, out=out, err=out).wait()
        said = out.read_text()
        out.unlink()
        return status, said

    def assert_sound(self) -> None:
        """`bocau verify` finds nothing."""
        status, said = self.command("verify")
        assert status == 0, f"bocau verify: {said}\n{self.log(4000)}"

    def queued(self) -> list[Any]:
        """The outgoing queue."""
        status, said = self.command("queue", "list", "--json")
        assert status == 0, said
        queue: list[Any] = json.loads(said)
        return queue

    # --- its processes --------------------------------------------------------------

    def children(self) -> list[int]:
        """Process ids of the workers in order, then of the background process."""
        text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return sorted(int(word) for word in text.split())

    @property
    def worker(self) -> int:
        return self.children()[0]

    @property
    def background(self) -> int:
        return self.children()[-1]


class Strace:
    """strace attached to running processes, from `with` to its end; `text` is what it wrote."""

    def __init__(self, output: Path, pids: Sequence[int], *options: str) -> None:
        self._output = output
        words = [word for pid in pids for word in ("-p", str(pid))]
        self._pids = pids
        self._command = ["strace", "-f", "-o", str(output), *options, *words]
        self._said = output.with_suffix(".said")

    def __enter__(self) -> "Strace":
        self._output.unlink(missing_ok=True)
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stderr=said)
        deadline = time.monotonic() + ATTACH_SECONDS
        while not all(f"Process {pid} attached" in self._said.read_text() for pid in self._pids):
            assert self._process.poll() is None, self._said.read_text()
            assert time.monotonic() < deadline, "strace did not attach"
            time.sleep(0.005)
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(DETACH_SECONDS)
        except subprocess.TimeoutExpired:
            # It waits for a thread that will not stop; what it traced goes on without it.
            self._process.kill()
            self._process.wait()

    @property
    def text(self) -> str:
        return self._output.read_text("utf-8", "replace")

    @property
    def was_injected(self) -> bool:
        """Whether the fault has happened; ask after the end of `with`."""
        text = self.text
        return (
            "(INJECTED)" in text or "+++ killed by SIGKILL +++" in text or not all(map(is_alive, self._pids))
        )


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
