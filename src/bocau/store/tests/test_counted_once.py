"""An email in several mailboxes is held once, and counts once (RFC 9425 §3, RFC 9208 §3)."""

import sqlite3
from pathlib import Path

from bocau.base.errors import OverQuota
from bocau.base.ids import EmailId, MailboxId
from bocau.store import Flags, MailStore
from bocau.store.emailwriting import EmailPatch, change_emails, destroy_emails
from bocau.store.verify import verify

from .conftest import ALICE, close_store, new_email, open_store

INBOX, SENT, TRASH = MailboxId(1), MailboxId(3), MailboxId(5)
BODY = b"x" * 1000
ALL = ((1, 2**32 - 1),)


def used(store: MailStore) -> int:
    return store.glance(ALICE, lambda tx: tx.usage()).used_bytes


async def add(store: MailStore) -> EmailId:
    email = new_email(store, BODY)
    return (await store.write(ALICE, lambda tx: tx.add(INBOX, email, Flags(0), "")))[1]


async def put(store: MailStore, email: EmailId, *mailboxes: MailboxId) -> None:
    patch = EmailPatch(mailboxes=frozenset(mailboxes))
    assert await store.write(ALICE, lambda tx: change_emails(tx, {email: patch})) == {}


async def faults(store: MailStore) -> list[str]:
    return [str(fault) async for fault in verify(store)]


async def test_places_come_and_go_and_the_email_counts_once(store: MailStore) -> None:
    one, two = await add(store), await add(store)
    assert used(store) == 2000
    await put(store, one, INBOX, SENT, TRASH)
    await put(store, two, INBOX, TRASH)
    assert used(store) == 2000
    # Of what leaves here, both stay elsewhere; then one of two.
    await store.write(ALICE, lambda tx: tx.expunge(INBOX, ALL, only_deleted=False))
    assert used(store) == 2000
    await store.write(ALICE, lambda tx: tx.expunge(TRASH, ALL, only_deleted=False))
    assert used(store) == 1000
    await store.write(ALICE, lambda tx: destroy_emails(tx, [one]))
    assert used(store) == 0
    assert await faults(store) == []


async def test_a_copy_is_another_email(store: MailStore) -> None:
    await add(store)
    await store.write(ALICE, lambda tx: tx.copy(INBOX, ALL, SENT))
    assert used(store) == 2000
    await store.write(ALICE, lambda tx: tx.move(INBOX, ALL, SENT))
    assert used(store) == 2000 and await faults(store) == []


async def test_a_mailbox_that_goes_takes_only_what_is_nowhere_else(store: MailStore) -> None:
    box = await store.write(ALICE, lambda tx: tx.create_mailbox("Work").mailbox_id)
    one, two = await add(store), await add(store)
    await put(store, one, INBOX, box)
    await put(store, two, box)
    await store.write(ALICE, lambda tx: tx.delete_mailbox(box))
    assert used(store) == 1000 and await faults(store) == []


async def test_a_further_place_fits_where_nothing_else_does(store: MailStore) -> None:
    email = await add(store)
    await store.write(ALICE, lambda tx: tx.set_limit(1500))
    await put(store, email, INBOX, SENT)
    usage = store.glance(ALICE, lambda tx: tx.usage())
    usage.check(500)
    try:
        usage.check(501)
    except OverQuota:
        return
    raise AssertionError("more than the limit")


async def test_a_store_of_the_version_before(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.write(ALICE, lambda tx: tx.create_account())
    await put(store, await add(store), INBOX, SENT, TRASH)
    await close_store(store)
    with sqlite3.connect(tmp_path / "bocau.sqlite") as database:
        database.executescript(
            "UPDATE account_state SET used_bytes = 3000 WHERE account_id = 1;"
            "DROP TABLE email_copy; ALTER TABLE email DROP COLUMN content_id;"
            "DELETE FROM migration WHERE room = 'store' AND number >= 13"
        )
    database.close()
    store = await open_store(tmp_path)
    assert used(store) == 1000 and await faults(store) == []
    await close_store(store)
