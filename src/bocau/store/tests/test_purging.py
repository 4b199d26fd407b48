"""Emails without a place: gone for everybody at once, their rows soon, whatever happens meanwhile."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bocau.base.ids import MailboxId
from bocau.store import EmailKeys, MailStore
from bocau.store.emailchanges import Mark, email_changes, thread_changes
from bocau.store.emails import (
    all_emails,
    all_threads,
    email_blob,
    email_rows,
    email_with_key,
    mail_state,
    thread_emails,
    thread_ids,
)
from bocau.store.emailtexts import email_texts
from bocau.store.emailwriting import EmailPatch, change_emails
from bocau.store.purger import Purger
from bocau.store.purging import AT_ONCE_MAX, BELL, PORTION_EMAILS
from bocau.store.querychanges import threads_of
from bocau.store.verify import verify

from .conftest import ALICE, close_store, new_email, open_store

INBOX, SENT = MailboxId(1), MailboxId(3)
ALL = ((1, 2**32 - 1),)
MANY = AT_ONCE_MAX + 50
THREAD_KEY = 77


async def fill(store: MailStore, count: int = MANY) -> list[int]:
    """Emails of one thread, which have all the same Message-ID."""
    email = new_email(store)._replace(keys=EmailKeys(message_key=5, thread_keys=(THREAD_KEY,)))
    emails = [(email, 0, "")] * count
    return [one for _, one in await store.write(ALICE, lambda tx: tx.add_many(INBOX, emails))]


async def expunge(store: MailStore, ranges=ALL) -> None:
    await store.write(ALICE, lambda tx: tx.expunge(INBOX, ranges, only_deleted=False))


async def work(store: MailStore) -> None:
    await Purger(store, lambda topic, heard: lambda: None, pytest.fail).work()


def count(store: MailStore, table: str) -> int:
    return store.glance(ALICE, lambda tx: tx.sql.value(f"SELECT count(*) FROM {table}"))


def counts(store: MailStore) -> tuple[int, int, int]:
    return count(store, "email"), count(store, "email_key"), count(store, "purge")


async def faults(store: MailStore) -> list[str]:
    return [str(fault) async for fault in verify(store)]


async def test_few_go_at_once(store: MailStore) -> None:
    await fill(store, AT_ONCE_MAX)
    await expunge(store)
    assert counts(store) == (0, 0, 0)


async def test_what_waits_is_there_for_nobody(store: MailStore) -> None:
    ids = await fill(store)
    before = Mark(*store.glance(ALICE, mail_state))
    await expunge(store, ((1, MANY - 1),))
    assert counts(store) == (MANY, MANY, 1)
    last, serials = ids[-1], [one & 0xFFFFFFFF for one in ids]

    def seen(tx) -> list[object]:
        return [
            list(email_rows(tx, ids)), list(thread_ids(tx, ids)), list(email_texts(tx, ids)),
            all_emails(tx, MANY), thread_emails(tx, [ids[0]])[ids[0]], [email_with_key(tx, 5)],
            [one for one in ids if email_blob(tx, one)],
        ]  # fmt: skip

    assert store.glance(ALICE, seen) == [[last]] * 7
    assert store.glance(ALICE, lambda tx: email_changes(tx, before)).destroyed == serials[:-1]
    assert store.glance(ALICE, lambda tx: threads_of(tx, serials[:-1])) == set()
    await expunge(store)
    assert store.glance(ALICE, lambda tx: (all_threads(tx, 9), email_with_key(tx, 5))) == ([], None)
    assert store.glance(ALICE, lambda tx: thread_changes(tx, before)).destroyed == [serials[0]]
    assert await faults(store) == []


async def test_the_rows_go_after_a_restart(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.write(ALICE, lambda tx: tx.create_account())
    await fill(store, PORTION_EMAILS + MANY)
    await expunge(store, ((1, PORTION_EMAILS + MANY - 3),))
    await close_store(store)
    store = await open_store(tmp_path)
    assert counts(store)[2] == 2
    await work(store)
    assert counts(store) == (3, 3, 0)
    assert await faults(store) == []
    await close_store(store)


async def test_an_email_with_another_place_stays(store: MailStore) -> None:
    ids = await fill(store)
    patch = EmailPatch(into=frozenset((SENT,)))
    await store.write(ALICE, lambda tx: change_emails(tx, dict.fromkeys(ids[3:6], patch)))
    await expunge(store)
    await work(store)
    assert counts(store) == (3, 3, 0)
    rows = store.glance(ALICE, lambda tx: email_rows(tx, ids))
    assert {one: row.mailbox_ids for one, row in rows.items()} == dict.fromkeys(ids[3:6], (SENT,))
    assert await faults(store) == []


async def test_what_has_a_place_is_never_taken(store: MailStore) -> None:
    await fill(store, 3)
    await store.database.write(lambda sql: sql.execute("INSERT INTO purge VALUES (1, 1, '2:3')"))
    assert "emails 2:3 wait to be purged, but have a place" in "\n".join(await faults(store))
    await work(store)
    assert counts(store) == (3, 3, 0)
    assert await faults(store) == []


async def test_it_goes_with_the_account(store: MailStore) -> None:
    await fill(store)
    await expunge(store)
    await store.write(ALICE, lambda tx: tx.delete_account())
    assert counts(store) == (0, 0, 0)


async def test_a_deleted_mailbox_is_purged_too(store: MailStore) -> None:
    await fill(store)
    box = (await store.write(ALICE, lambda tx: tx.create_mailbox("Old"))).mailbox_id
    await store.write(ALICE, lambda tx: tx.move(INBOX, ALL, box))
    await store.write(ALICE, lambda tx: tx.delete_mailbox(box))
    assert counts(store) == (MANY, MANY, 1)
    await work(store)
    assert counts(store) == (0, 0, 0)


async def test_the_doorbell_rings_when_something_waits(store: MailStore) -> None:
    await fill(store)
    rung = asyncio.Event()
    store.listen_for(BELL, rung.set)
    await expunge(store, ((1, AT_ONCE_MAX // 2),))
    assert not rung.is_set()
    await fill(store)
    await expunge(store)
    assert rung.is_set()


async def test_a_store_of_the_version_before(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.write(ALICE, lambda tx: tx.create_account())
    await fill(store)
    await close_store(store)
    with sqlite3.connect(tmp_path / "bocau.sqlite") as database:
        database.executescript(
            "DROP TABLE purge; DROP TABLE email_copy; ALTER TABLE email DROP COLUMN content_id;"
            "DELETE FROM migration WHERE room = 'store' AND number >= 12"
        )
    database.close()
    store = await open_store(tmp_path)
    await expunge(store)
    await work(store)
    assert counts(store) == (0, 0, 0)
    assert await faults(store) == []
    await close_store(store)
