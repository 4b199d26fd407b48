"""Several processes on one data directory: invariants hold; whatever was acknowledged survives kill -9."""

import asyncio
import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest

from bocau.base.errors import DiskFull, TryLater
from bocau.store import Flags
from bocau.store.verify import verify

from .conftest import ALICE, BOB, close_store, new_email, open_store

ALL = ((1, 2**32 - 1),)
SPAWN = multiprocessing.get_context("spawn")


async def start(folder: Path) -> None:
    store = await open_store(folder)
    for account in (ALICE, BOB):
        await store.write(account, lambda tx: tx.create_account())
    await close_store(store)


def deliver_many(folder: str, tag: int, count: int, together) -> None:
    """Adds, copies, stores and expunges, ten at a time, in another process."""

    async def one(store, number):
        new = new_email(store, b"%d-%d" % (tag, number))
        box = store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
        archive = store.glance(ALICE, lambda tx: tx.mailbox_named("Archive")).mailbox_id
        uid, _ = await store.write(ALICE, lambda tx: (tx.of(BOB).add(1, new), tx.add(box, new))[1])
        await store.write(ALICE, lambda tx: tx.change_keywords(box, ((uid, uid),), add=Flags.SEEN))
        await store.write(ALICE, lambda tx: tx.copy(box, ((uid, uid),), archive), heavy=number % 5 == 0)
        if number % 3 == 0:
            await store.write(ALICE, lambda tx: tx.expunge(box, ((uid, uid),), only_deleted=False))

    async def run():
        store = await open_store(Path(folder))
        together.wait(60)
        for first in range(0, count, 10):
            await asyncio.gather(*(one(store, number) for number in range(first, first + 10)))
        await close_store(store)

    asyncio.run(run())


async def test_two_processes_write_at_once_and_every_invariant_holds(tmp_path):
    await start(tmp_path)
    together = SPAWN.Barrier(2)
    children = [SPAWN.Process(target=deliver_many, args=(str(tmp_path), tag, 40, together)) for tag in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        await asyncio.to_thread(child.join, 60)
        assert child.exitcode == 0
    store = await open_store(tmp_path)
    bob = store.glance(BOB, lambda tx: [ref for _, _, ref in tx.blobs(1, ALL)])
    bodies = {bytes(body) for body in store.blobs.read_many(bob)}
    assert bodies == {b"%d-%d" % (tag, n) for tag in (1, 2) for n in range(40)}
    assert len(store.blobs.packs.numbers()) == 2
    assert [str(fault) async for fault in verify(store)] == []
    await close_store(store)


def deliver_until_killed(folder: str, tag: int, acknowledged) -> None:
    """Tells of each add after its commit."""

    async def one(store, number):
        new = new_email(store, b"%d-%d" % (tag, number) * 20)
        await store.write(ALICE, lambda tx: tx.add(1, new))
        acknowledged.send(number)

    async def run():
        store = await open_store(Path(folder))
        for first in range(0, 100_000, 5):
            await asyncio.gather(*(one(store, number) for number in range(first, first + 5)))

    asyncio.run(run())


async def test_what_was_acknowledged_survives_kill_9(tmp_path):
    await start(tmp_path)
    expected = set()
    for tag in range(3):
        receive, send = SPAWN.Pipe(duplex=False)
        child = SPAWN.Process(target=deliver_until_killed, args=(str(tmp_path), tag, send))
        child.start()
        send.close()
        for _ in range(23 + 18 * tag):
            expected.add(b"%d-%d" % (tag, await asyncio.to_thread(receive.recv)) * 20)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        while receive.poll():
            try:
                expected.add(b"%d-%d" % (tag, receive.recv()) * 20)
            except EOFError:
                break
    store = await open_store(tmp_path)
    bodies = [bytes(b) for b in store.blobs.read_many(store.glance(ALICE, lambda tx: refs(tx)))]
    assert expected <= set(bodies)
    assert len(set(bodies)) == len(bodies)
    assert [str(fault) async for fault in verify(store)] == []
    await close_store(store)


def refs(tx):
    return [ref for _, _, ref in tx.blobs(1, ALL)]


@pytest.fixture
def small_files():
    """No file may grow beyond the limit: the kernel says EFBIG, as a full disk says ENOSPC."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


async def test_a_full_disk_refuses_and_loses_nothing(store, small_files):
    acknowledged = []

    async def add(number, body):
        try:
            new = new_email(store, body)
            uid, _ = await store.write(ALICE, lambda tx: tx.add(1, new))
        except TryLater as error:
            return error
        acknowledged.append((uid, body))
        return None

    small_files(400_000)
    errors = [await add(n, b"%05d" % n * 2000) for n in range(60)]
    assert any(isinstance(error, DiskFull) for error in errors)
    small_files(resource.RLIM_INFINITY)
    assert await add(99, b"after") is None
    found = store.glance(ALICE, lambda tx: tx.messages(1, ALL))
    assert [(m.uid, store.blobs.read(m.blob)) for m in found] == acknowledged
    assert [str(fault) async for fault in verify(store)] == []


async def test_a_write_ahead_log_that_cannot_grow_refuses_and_heals(store, small_files, tmp_path):
    new = new_email(store)
    size = (tmp_path / "bocau.sqlite-wal").stat().st_size
    small_files(size + 20_000)
    with pytest.raises(TryLater):
        await store.write(ALICE, lambda tx: tx.add_many(1, [(new, Flags(0), "")] * 500))
    small_files(resource.RLIM_INFINITY)
    await store.write(ALICE, lambda tx: tx.add(1, new))
    assert store.glance(ALICE, lambda tx: tx.uids(1)) == [1]
    assert [str(fault) async for fault in verify(store)] == []
