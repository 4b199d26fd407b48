"""The background process: what need not answer anybody at once. One per server."""

import asyncio
from typing import Final

from bocau.app.accounts import finish_accounts
from bocau.app.rooms import EVERYBODY, Rooms
from bocau.base.errors import TryLater
from bocau.flow.outbound.outbound import Outbound
from bocau.flow.queue.runner import QueueRunner
from bocau.flow.submission.held import HeldSender
from bocau.runtime.child import Child
from bocau.runtime.log import get_log
from bocau.runtime.waker import is_set_within
from bocau.store.batchrunner import BatchRunner
from bocau.store.purger import Purger
from bocau.store.refill import Refiller
from bocau.store.search.indexer import Indexer
from bocau.store.sweep import Sweeper
from bocau.store.uploads import sweep_uploads

FIRST_SWEEP_SECONDS: Final = 300.0
SWEEP_SECONDS: Final = 3600.0
REFILL_PAUSE_SECONDS: Final = 0.02
"""After each portion of older mail: others write meanwhile."""
REFILL_RETRY_SECONDS: Final = 30.0

_log = get_log("background")


async def run_background(child: Child, rooms: Rooms) -> None:
    """Send the queue, sweep the store, keep the full-text index, work on batches, purge what
    was removed, until the server stops.

    What fails here ends the process; the supervisor starts another."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_queue_runner(rooms).run(stop))
        tasks.create_task(_held_sender(rooms).run(stop))
        tasks.create_task(_sweep(rooms, stop))
        tasks.create_task(_push(rooms, stop))
        tasks.create_task(_index(rooms, stop))
        tasks.create_task(_refill(rooms, stop))
        tasks.create_task(_batches(rooms, stop))
        tasks.create_task(_purge(rooms, stop))
        if finished := await finish_accounts(rooms):
            _log.warning("finished accounts whose making was interrupted", accounts=finished)
        child.ready()
        await child.stopping()
        stop.set()


def _queue_runner(rooms: Rooms) -> QueueRunner:
    log, settings = get_log("queue"), rooms.settings.flow
    outbound = Outbound(rooms.store.blobs, rooms.resolver, log, settings)
    return QueueRunner(
        rooms.store, rooms.directory, outbound, rooms.doorbell.listen, rooms.clock, log, settings
    )


def _held_sender(rooms: Rooms) -> HeldSender:
    log, settings = get_log("held"), rooms.settings.flow
    return HeldSender(
        rooms.store, rooms.directory, rooms.flow, rooms.doorbell.listen, rooms.clock, log, settings
    )


async def _push(rooms: Rooms, stop: asyncio.Event) -> None:
    from bocau.services.jmap.push.subscribers import Subscribers

    log = get_log("push")
    await Subscribers(rooms.store, rooms.directory, rooms.fetcher.post, rooms.clock, log).run(stop)


async def _index(rooms: Rooms, stop: asyncio.Event) -> None:
    log = get_log("index")
    await Indexer(rooms.store, lambda why: log.warning("indexing must wait", why=why)).run(stop)


async def _batches(rooms: Rooms, stop: asyncio.Event) -> None:
    log = get_log("batch")
    runner = BatchRunner(
        rooms.store, rooms.doorbell.listen, lambda why: log.warning("work on emails must wait", why=why)
    )
    await runner.run(stop)


async def _purge(rooms: Rooms, stop: asyncio.Event) -> None:
    log = get_log("purge")
    purger = Purger(rooms.store, rooms.doorbell.listen, lambda why: log.warning("purging must wait", why=why))
    await purger.run(stop)


async def _refill(rooms: Rooms, stop: asyncio.Event) -> None:
    """Compute what older versions did not keep of their mail; at once when there is nothing to do."""
    refiller, count = Refiller(rooms.store), 0
    pause = REFILL_PAUSE_SECONDS
    while not await is_set_within(stop, pause):
        pause = REFILL_PAUSE_SECONDS
        try:
            found = await refiller.portion()
        except (TryLater, OSError) as exc:
            _log.warning("computing keys of older mail must wait", why=str(exc))
            pause = REFILL_RETRY_SECONDS
            continue
        if found is None:
            break
        count += found
    if count:
        _log.info("computed keys of older mail", emails=count)


async def _sweep(rooms: Rooms, stop: asyncio.Event) -> None:
    """Give back the room of bodies that nobody refers to, once an hour."""
    sweeper = Sweeper(rooms.store, rooms.clock.now)
    pause = FIRST_SWEEP_SECONDS
    while not await is_set_within(stop, pause):
        pause = SWEEP_SECONDS
        try:
            await _sweep_uploads(rooms)
            swept = await sweeper.sweep()
        except (TryLater, OSError) as exc:
            _log.warning("sweeping must wait", why=str(exc))
            continue
        _log.info(
            "swept",
            packs=swept.pack_count,
            dead_bytes=swept.dead_bytes,
            moved=swept.moved_bodies,
            removed=len(swept.removed_packs),
        )


async def _sweep_uploads(rooms: Rooms) -> None:
    """Let go what was handed in and not used for a day."""
    while await rooms.store.write(EVERYBODY, sweep_uploads):
        pass
