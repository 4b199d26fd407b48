"""When a group begins: at once while jobs come one by one, a moment later while they come several at a time.

What a group does once (lock, BEGIN, COMMIT, sync, doorbell) is a third of the cost of a delivery alone
in its group (docs/decisions/0002). Clients that were answered together come again together, so the last group
says how many are worth waiting for.
"""

import asyncio
from typing import Final

GATHER_SECONDS: Final = 0.001
"""The longest that a group waits for as many jobs as the last one had."""


class Gathering:
    """Awaited by the writer before each group, told of each job."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._expected = 0
        self._enough: asyncio.Future[None] | None = None

    def note(self, waiting_count: int) -> None:
        """One more job waits; together they are so many."""
        if waiting_count >= self._expected and self._enough is not None:
            _end(self._enough)

    async def wait(self, waiting_count: int) -> None:
        """Until as many jobs wait as were in the last group, but no longer than GATHER_SECONDS."""
        if waiting_count >= self._expected:
            return
        enough = self._enough = self._loop.create_future()
        timer = self._loop.call_later(GATHER_SECONDS, _end, enough)
        try:
            await enough
        finally:
            timer.cancel()
            self._enough = None

    def began(self, job_count: int) -> None:
        """A group of so many jobs has begun."""
        self._expected = job_count


def _end(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
