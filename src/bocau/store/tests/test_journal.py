"""Small bodies are durable with their group's commit, whatever becomes of their pack afterwards."""

import asyncio
import errno
import os
import shutil

import pytest

from bocau.base.errors import TryLater
from bocau.database import Database, DatabaseSettings
from bocau.store import STORE_SCHEMA, Blobs, MailStore, NewEmail
from bocau.store.mailstore import Reading
from bocau.store.tests.conftest import ALICE, LocalBell, new_email
from bocau.store.verify import verify


async def add(store: MailStore, text: bytes) -> NewEmail:
    email = new_email(store, text)
    box = store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
    await store.write(ALICE, lambda tx: tx.add(box, email))
    return email


def journaled(store: MailStore) -> int:
    return int(store.glance(ALICE, lambda tx: tx.sql.value("SELECT count(*) FROM body_journal")))


def bodies(store: MailStore) -> list[bytes]:
    def refs(tx: Reading) -> list[bytes]:
        box = tx.mailbox_named("INBOX").mailbox_id
        return [store.blobs.read(ref) for _, _, ref in tx.blobs(box, [(1, 2**32 - 1)])]

    return store.glance(ALICE, refs)


def record_syncs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are synced from now on, in order."""
    names: list[str] = []
    real = os.fdatasync

    def fdatasync(fd: int) -> None:
        names.append(os.path.basename(os.readlink(f"/proc/self/fd/{fd}")))
        real(fd)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    return names


async def test_a_small_body_needs_no_sync_of_its_pack_before_it_is_acknowledged(store, monkeypatch):
    synced = record_syncs(monkeypatch)
    await add(store, b"small")
    assert synced == ["bocau.sqlite-wal"]
    assert journaled(store) == 1


async def test_a_large_body_is_synced_into_its_pack_first(store, monkeypatch):
    synced = record_syncs(monkeypatch)
    await add(store, b"x" * 100_000)
    assert synced == ["00000001.pack", "bocau.sqlite-wal"]
    assert journaled(store) == 0


async def test_a_power_cut_before_the_pack_is_synced_loses_nothing(store, tmp_path):
    """The database survives as it is on disk; of the packs nothing does."""
    texts = [b"number %d" % n for n in range(20)]
    for text in texts:
        await add(store, text)
    home, after = store.database.settings.path.parent, tmp_path / "after"
    after.mkdir()
    for name in ("bocau.sqlite", "bocau.sqlite-wal"):
        shutil.copy(home / name, after / name)
    path = after / store.database.settings.path.name
    database = await Database.open(DatabaseSettings(path), [STORE_SCHEMA])
    revived = MailStore(database, Blobs(after / "packs"), LocalBell())
    assert bodies(revived) == texts
    assert [str(fault) async for fault in verify(revived)] == []
    await database.close()


async def test_the_journal_is_emptied_by_closing_and_the_packs_then_stand_alone(store):
    await add(store, b"one")
    database = store.database
    await database.close()
    again = await Database.open(database.settings, [STORE_SCHEMA])
    reopened = MailStore(again, Blobs(store.blobs.packs.folder), LocalBell())
    assert journaled(reopened) == 0
    assert bodies(reopened) == [b"one"]
    await again.close()


async def test_a_body_is_written_again_when_the_sync_of_its_pack_failed(store, monkeypatch):
    await add(store, b"precious")
    real = os.fdatasync

    def fail(fd: int) -> None:
        if os.readlink(f"/proc/self/fd/{fd}").endswith(".pack"):
            raise OSError(errno.EIO, "Input/output error")
        real(fd)

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(TryLater):
        await asyncio.to_thread(store.blobs.sync)
    monkeypatch.undo()
    # What a failed write-back leaves: the file has its old content again.
    pack = store.blobs.packs.path(1)
    with pack.open("r+b") as file:
        file.truncate(0)
    await store.database.close()
    assert pack.read_bytes().endswith(b"precious")


async def test_a_failed_job_takes_no_record_out_of_the_journal(store):
    email = new_email(store, b"kept")

    def fail(tx):
        raise TryLater("no")

    with pytest.raises(TryLater):
        await store.write(ALICE, fail)
    box = store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
    await store.write(ALICE, lambda tx: tx.add(box, email))
    assert journaled(store) == 1
