"""Copies share what was parsed: each reads as the email that was copied, whatever becomes of that."""

import sqlite3
from pathlib import Path

import pytest

from bocau.base.ids import EmailId, MailboxId, Uid
from bocau.store import MailStore
from bocau.store.email import new_email
from bocau.store.emails import email_rows
from bocau.store.emailtexts import email_texts
from bocau.store.purger import Purger
from bocau.store.purging import AT_ONCE_MAX, PORTION_EMAILS
from bocau.store.refill import Refiller
from bocau.store.rendering import Column, Rendering
from bocau.store.verify import verify

from .conftest import ALICE, age, close_store, open_store

INBOX, SENT, TRASH = MailboxId(1), MailboxId(3), MailboxId(5)
ALL = ((1, 2**32 - 1),)
NOTHING = (0, 0, 0, 0)
BEFORE = """
DROP TABLE email_copy; ALTER TABLE email DROP COLUMN content_id;
DELETE FROM migration WHERE room = 'store' AND number >= 14;
"""


def body(number: int) -> bytes:
    return (
        b"Message-ID: <%d@x>\r\nSubject: Number %d\r\nFrom: Ann <ann%d@x.test>\r\n\r\nThe words of %d.\r\n"
        % ((number,) * 4)
    )


async def fill(store: MailStore, count: int) -> None:
    emails = [(new_email(text, store.blobs.stage(text), 1), 0, "") for text in map(body, range(count))]
    await store.write(ALICE, lambda tx: tx.add_many(INBOX, emails))


async def copy(store: MailStore, source: MailboxId, target: MailboxId, ranges=ALL) -> None:
    await store.write(ALICE, lambda tx: tx.copy(source, ranges, target))


async def expunge(store: MailStore, mailbox_id: MailboxId, ranges=ALL) -> None:
    await store.write(ALICE, lambda tx: tx.expunge(mailbox_id, ranges, only_deleted=False))


async def purge(store: MailStore) -> None:
    await Purger(store, lambda topic, heard: lambda: None, pytest.fail).work()


def counts(store: MailStore) -> tuple[int, ...]:
    tables = ("email", "email_key", "email_copy", "purge")
    return store.glance(
        ALICE, lambda tx: tuple(tx.sql.value(f"SELECT count(*) FROM {table}") for table in tables)
    )


async def faults(store: MailStore) -> list[str]:
    return [str(fault) async for fault in verify(store)]


def shown(store: MailStore, mailbox_id: MailboxId) -> list[tuple[object, ...]]:
    """All that readers are told of what was parsed."""

    def job(tx) -> list[tuple[object, ...]]:
        messages = tx.messages(mailbox_id, ALL)
        ids = [EmailId(message.email_id) for message in messages]
        rows, texts = email_rows(tx, ids), email_texts(tx, ids)
        previews = tx.previews(mailbox_id, ALL)
        listed = tx.listed(mailbox_id, ALL)
        return [
            (
                message.envelope, message.body_structure, message.blob, texts[one], preview, fields,
                rows[one]._replace(email_id=EmailId(0), mailbox_ids=()),
            )
            for message, one, preview, (_, *fields) in zip(messages, ids, previews, listed, strict=True)
        ]  # fmt: skip

    return store.glance(ALICE, job)


async def test_its_lines_are_those_of_its_source(store: MailStore) -> None:
    await fill(store, 3)
    await copy(store, INBOX, SENT)
    line = Rendering((Column.ENVELOPE, b" ", Column.BODY_STRUCTURE, b"\r\n"))
    there, copied = (
        store.glance(ALICE, lambda tx, box=box: tx.rendered(box, 1, 3, line, shift=0))
        for box in (INBOX, SENT)
    )
    assert copied == there and there.line_count == 3


async def test_a_copy_of_a_copy_reads_as_the_first(store: MailStore) -> None:
    await fill(store, 3)
    first = shown(store, INBOX)
    await copy(store, INBOX, SENT)
    await copy(store, SENT, TRASH)
    await copy(store, TRASH, TRASH)
    assert shown(store, SENT) == first and shown(store, TRASH) == first * 2
    assert counts(store) == (12, 12, 9, 0)
    assert await faults(store) == []


@pytest.mark.parametrize("count", [3, AT_ONCE_MAX + 1])
async def test_the_source_goes_first(store: MailStore, count: int) -> None:
    await fill(store, count)
    first = shown(store, INBOX)
    await copy(store, INBOX, SENT)
    await expunge(store, INBOX)
    assert shown(store, SENT) == first and await faults(store) == []
    await purge(store)
    assert counts(store) == (2 * count, 2 * count, count, 0)
    assert shown(store, SENT) == first and await faults(store) == []
    await copy(store, SENT, INBOX)
    await expunge(store, SENT)
    await purge(store)
    assert shown(store, INBOX) == first and await faults(store) == []
    await expunge(store, INBOX)
    await purge(store)
    assert counts(store) == NOTHING and await faults(store) == []


async def test_the_copies_go_first(store: MailStore) -> None:
    await fill(store, 3)
    await copy(store, INBOX, SENT)
    await expunge(store, SENT, ((1, 2),))
    assert counts(store) == (4, 4, 1, 0) and await faults(store) == []
    await expunge(store, SENT)
    assert counts(store) == (3, 3, 0, 0)
    await expunge(store, INBOX)
    assert counts(store) == NOTHING and await faults(store) == []


@pytest.mark.parametrize("count", [3, PORTION_EMAILS])
async def test_both_go_at_once(store: MailStore, count: int) -> None:
    """In one portion of the purge, and in several."""
    await fill(store, count)
    await copy(store, INBOX, INBOX)
    await copy(store, INBOX, INBOX, ((1, count),))
    await expunge(store, INBOX)
    await purge(store)
    assert counts(store) == NOTHING and await faults(store) == []


async def test_they_go_with_the_account(store: MailStore) -> None:
    await fill(store, 3)
    await copy(store, INBOX, SENT)
    await store.write(ALICE, lambda tx: tx.delete_account())
    assert counts(store) == NOTHING


async def test_what_was_copied_before_it_had_keys(store: MailStore) -> None:
    await fill(store, 3)
    first = shown(store, INBOX)
    await age(store)
    await copy(store, INBOX, SENT)
    await expunge(store, INBOX)
    while await Refiller(store).portion() is not None:
        pass
    assert [row[:-1] for row in shown(store, SENT)] == [row[:-1] for row in first]
    wide = "SELECT count(*) FROM email WHERE content_id IS NOT NULL AND listed IS NOT NULL"
    assert store.glance(ALICE, lambda tx: tx.sql.value(wide)) == 0
    assert await faults(store) == []


async def test_a_store_of_the_version_before(tmp_path: Path) -> None:
    """Its copies have all of their own; new ones refer to them."""
    store = await open_store(tmp_path)
    await store.write(ALICE, lambda tx: tx.create_account())
    await fill(store, 3)
    first = shown(store, INBOX)
    await close_store(store)
    with sqlite3.connect(tmp_path / "bocau.sqlite") as database:
        database.executescript(BEFORE)
    database.close()
    store = await open_store(tmp_path)
    assert shown(store, INBOX) == first
    await copy(store, INBOX, SENT)
    await expunge(store, INBOX)
    await store.write(ALICE, lambda tx: tx.move(SENT, ((Uid(1), Uid(2)),), INBOX))
    assert shown(store, INBOX) + shown(store, SENT) == first
    assert counts(store) == (6, 6, 3, 0) and await faults(store) == []
    await close_store(store)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("DELETE FROM email_copy WHERE content_id & 7 = 1", "a copy of which nobody knows"),
        ("UPDATE email SET content_id = NULL WHERE content_id & 7 = 2", "for a copy that does not share it"),
        ("DELETE FROM email WHERE email_id = (1 << 32) + 3", "what was parsed of a copy is missing"),
        ("UPDATE email SET content_id = 1 WHERE email_id = (1 << 32) + 1", "parsed of a copy is missing"),
        ("UPDATE email SET sha256 = zeroblob(32) WHERE email_id = (1 << 32) + 3", "its content's body"),
        ("UPDATE email SET place_count = 2 WHERE email_id = (1 << 32) + 1", "place_count of email 1 is 2"),
    ],
)
async def test_each_broken_invariant_is_named(store: MailStore, damage: str, named: str) -> None:
    await fill(store, 3)
    await copy(store, INBOX, SENT)
    await expunge(store, INBOX, ((2, 2),))
    assert await faults(store) == []
    await store.database.write(lambda sql: sql.execute(damage))
    assert named in "\n".join(await faults(store))
