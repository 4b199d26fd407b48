"""What a task of the background process sleeps on: its doorbell, the stop of the server, its own events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Listen = Callable[[str, Callable[[], None]], Callable[[], None]]
"""`Doorbell.listen`: a topic and what is called then; returns what ends it."""


class Waker:
    """One task rests; whoever has work for it rings. A ring during the work ends the next rest at once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    @asynccontextmanager
    async def listening(
        self, listen: Listen, topic: str, stop: asyncio.Event, heard: Callable[[], None] | None = None
    ) -> AsyncIterator[None]:
        """Meanwhile the doorbell and `stop` ring; the doorbell calls `heard` instead, if that is given."""
        unlisten = listen(topic, heard or self.ring)
        stopping = asyncio.create_task(self._ring_at(stop))
        try:
            yield
        finally:
            unlisten()
            stopping.cancel()

    async def keep_at(
        self, work: Callable[[], Awaitable[float]], listen: Listen, topic: str, stop: asyncio.Event
    ) -> None:
        """Work until `stop` is set: at once, when it rings, and after the seconds that `work` returned."""
        async with self.listening(listen, topic, stop):
            while not stop.is_set():
                self.clear()
                await self.rest(await work())

    async def _ring_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._rung.set()

    def ring(self) -> None:
        self._rung.set()

    def clear(self) -> None:
        """Forget what has rung: all of it is looked at from now on."""
        self._rung.clear()

    async def rest(self, seconds: float) -> bool:
        """Until it rings; False: nothing did for so long."""
        return await is_set_within(self._rung, seconds)


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, at most so long; whether it is set."""
    try:
        # Not wait_for: before Python 3.12 it can swallow a cancellation that comes with the event.
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
