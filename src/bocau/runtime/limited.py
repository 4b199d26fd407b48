"""Work on hostile input in processes that may compute and nothing else, killed when it takes too long.

    Limited("bocau.x:job") ── run(bytes) → stdin ─ limited_child: job(bytes) → bytes ─ stdout → run's answer
                                  └ too slow, too much, dead: LimitReached, a new process next time

Not started before the first need. What confines a process is said in `runtime.confinement`.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from pathlib import Path
from typing import Final

from bocau.base.errors import LimitReached, TryLater
from bocau.runtime.limited_child import DONE, JOB_BYTES_MAX, LENGTH, READY
from bocau.runtime.log import get_log

PROCESSES_MAX: Final = 2
"""Of one worker: a slow message must not hold up the next."""
JOB_SECONDS_MAX: Final = 2.0
START_SECONDS_MAX: Final = 10.0
JOBS_PER_PROCESS: Final = 2000
"""Then it is replaced: what leaks is given back."""
WAITING_MAX: Final = 64
"""Jobs that wait for a process."""
ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024

_log = get_log("limited")


class CannotStart(TryLater):
    """No limited process can be started here."""


class Limited:
    """`target`: "package.module:function" of `bytes -> bytes`, which raises for input it refuses."""

    def __init__(self, target: str, *, job_seconds: float = JOB_SECONDS_MAX) -> None:
        self._target = target
        self._job_seconds = job_seconds
        self._free: deque[_Running] = deque()
        self._slots = asyncio.Semaphore(PROCESSES_MAX)
        self._waiting = 0

    async def run(self, job: bytes) -> bytes:
        """The function's answer. LimitReached: it failed, took too long or too much; CannotStart."""
        if len(job) > JOB_BYTES_MAX or self._waiting >= WAITING_MAX:
            raise LimitReached("too much to do")
        self._waiting += 1
        try:
            async with self._slots:
                return await self._run(job)
        finally:
            self._waiting -= 1

    async def _run(self, job: bytes) -> bytes:
        running = self._free.pop() if self._free else await _start(self._target)
        is_whole = False
        try:
            async with asyncio.timeout(self._job_seconds):
                kind, answer = await running.ask(job)
            is_whole = True
        except (TimeoutError, OSError, EOFError, LimitReached) as error:
            _log.warning("a job was given up", target=self._target, error=type(error).__name__)
            raise LimitReached("the work took too much") from None
        finally:
            if is_whole and running.jobs < JOBS_PER_PROCESS:
                self._free.append(running)
            else:
                await running.end()
        if kind != DONE:
            raise LimitReached(f"refused: {answer[:100].decode('ascii', 'replace')}")
        return answer

    async def close(self) -> None:
        while self._free:
            await self._free.pop().end()


class _Running:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.jobs = 0

    async def ask(self, job: bytes) -> tuple[bytes, bytes]:
        stdin = self.process.stdin
        assert stdin is not None
        self.jobs += 1
        stdin.write(LENGTH.pack(len(job)))
        stdin.write(job)
        await stdin.drain()
        return await self.answer()

    async def answer(self) -> tuple[bytes, bytes]:
        stdout = self.process.stdout
        assert stdout is not None
        head = await stdout.readexactly(1 + LENGTH.size)
        size = LENGTH.unpack(head[1:])[0]
        if size > ANSWER_BYTES_MAX:
            raise LimitReached("the answer is too long")
        return head[:1], await stdout.readexactly(size)

    async def end(self) -> None:
        """Kill it, whatever it does."""
        try:
            self.process.kill()
        except ProcessLookupError:
            pass
        # The transport's own end of the pipes; without it they close at some later time.
        self.process._transport.close()  # type: ignore[attr-defined]
        await self.process.wait()


async def _start(target: str) -> _Running:
    """A new process, confined and ready."""
    # No variables: nothing of ours to read there, and nothing that changes how Python starts.
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-s", "-B", "-m", "bocau.runtime.limited_child", target),
            stdin=PIPE,
            stdout=PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
            limit=1024 * 1024,
        )
    except OSError as error:
        raise CannotStart(f"no limited process: {error.strerror}") from None
    running = _Running(process)
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            kind, held = await running.answer()
    except (TimeoutError, OSError, EOFError):
        kind, held = b"", b""
    if kind != READY:
        await running.end()
        raise CannotStart("a limited process ended while it started")
    _log.info("a limited process runs", target=target, pid=process.pid, held=held)
    return running
