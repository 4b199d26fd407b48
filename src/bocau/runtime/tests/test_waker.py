"""Resting: whatever rings ends it, and nothing that rings is lost."""

import asyncio
from collections.abc import Callable

import pytest

from bocau.runtime.waker import Waker, is_set_within

SOON, LONG = 0.01, 60.0


class Bell:
    def __init__(self) -> None:
        self.heard: list[Callable[[], None]] = []

    def listen(self, topic: str, heard: Callable[[], None]) -> Callable[[], None]:
        assert topic == "topic"
        self.heard.append(heard)
        return lambda: self.heard.remove(heard)


async def test_a_rest_ends_by_time_or_by_a_ring_that_came_before_it():
    waker = Waker()
    assert not await waker.rest(SOON)
    waker.ring()
    assert await waker.rest(LONG)
    waker.clear()
    assert not await waker.rest(SOON)


async def test_the_doorbell_and_the_stop_ring():
    waker, bell, stop = Waker(), Bell(), asyncio.Event()
    async with waker.listening(bell.listen, "topic", stop):
        bell.heard[0]()
        assert await waker.rest(LONG)
        waker.clear()
        stop.set()
        assert await waker.rest(LONG)
    assert not bell.heard


async def test_somebody_else_may_hear_the_doorbell():
    waker, bell, heard = Waker(), Bell(), list[int]()
    async with waker.listening(bell.listen, "topic", asyncio.Event(), lambda: heard.append(1)):
        bell.heard[0]()
        assert heard == [1] and not await waker.rest(SOON)


async def test_work_is_done_at_once_by_time_and_by_a_ring_until_the_stop():
    waker, bell, stop, done = Waker(), Bell(), asyncio.Event(), list[int]()

    async def work() -> float:
        done.append(1)
        if len(done) == 2:
            bell.heard[0]()
        if len(done) == 3:
            stop.set()
        return SOON if len(done) == 1 else LONG

    async with asyncio.timeout(10):
        await waker.keep_at(work, bell.listen, "topic", stop)
    assert len(done) == 3 and not bell.heard


async def test_a_cancellation_that_comes_with_the_event_is_not_swallowed():
    event = asyncio.Event()
    waiting = asyncio.create_task(is_set_within(event, LONG))
    await asyncio.sleep(0)
    event.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
