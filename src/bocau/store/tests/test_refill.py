"""Older mail gets its listed fields and keys: all of it, as new mail has them, whatever happens meanwhile."""

import pytest

from bocau.base.ids import MailboxId
from bocau.store import MailStore
from bocau.store.email import new_email
from bocau.store.refill import PORTION_EMAILS, Refiller
from bocau.store.verify import verify

from .conftest import ALICE, BOB, age

INBOX, SENT = MailboxId(1), MailboxId(3)
ALL = ((1, 2**32 - 1),)
COUNT = 2 * PORTION_EMAILS + 7
KEYS = "SELECT * FROM email_key ORDER BY email_id"
LISTED = "SELECT listed, listed_fields FROM email ORDER BY email_id"


def body(number: int) -> bytes:
    kind = b"Content-Disposition: attachment\r\n" if number % 3 == 0 else b""
    return b"%bMessage-ID: <%d@x>\r\nSubject: s\xc3\xa1 %d\r\nFrom: A <a@x>\r\n\r\n" % (kind, number, number)


@pytest.fixture
async def new(store: MailStore) -> list[tuple[object, ...]]:
    """Mail with its keys taken away, as an older version left it; the keys that it had."""
    for account in (ALICE, BOB):
        data = [body(number) for number in range(COUNT)]
        emails = [(new_email(text, store.blobs.stage(text), 1), 0, "") for text in data]
        await store.write(account, lambda tx, emails=emails: tx.add_many(INBOX, emails))
    kept = rows(store)
    await age(store)
    return kept


def rows(store: MailStore) -> list[tuple[object, ...]]:
    return store.glance(ALICE, lambda tx: tx.sql.rows(KEYS) + tx.sql.rows(LISTED))


async def refill(store: MailStore) -> int:
    count = 0
    while (found := await Refiller(store).portion()) is not None:
        count += found
    return count


async def sound(store: MailStore) -> bool:
    left = store.glance(ALICE, lambda tx: tx.sql.value("SELECT max(unkeyed_serial) FROM account_state"))
    return left == 0 and not [fault async for fault in verify(store)]


async def test_everything_is_as_if_it_were_new(store: MailStore, new: list[tuple[object, ...]]) -> None:
    assert await refill(store) == 2 * COUNT
    assert rows(store) == new
    assert await sound(store)
    assert await Refiller(store).portion() is None


async def test_a_version_that_did_not_look_for_attachments(store: MailStore, new: list[object]) -> None:
    await refill(store)
    await store.write(ALICE, lambda tx: tx.sql.execute("UPDATE email_key SET has_attachment = NULL"))
    await store.write(
        ALICE, lambda tx: tx.sql.execute("UPDATE account_state SET unkeyed_serial = last_email_serial")
    )
    await store.write(ALICE, lambda tx: tx.copy(INBOX, ((3, 5),), SENT))
    await refill(store)
    assert rows(store)[:COUNT] == new[:COUNT]
    assert await sound(store)


async def test_copies_made_meanwhile_are_not_forgotten(store: MailStore, new: object) -> None:
    await Refiller(store).portion()
    await store.write(ALICE, lambda tx: tx.copy(INBOX, ((1, 5), (COUNT, COUNT)), SENT))
    assert await refill(store) > 0
    assert await sound(store)
    assert len(store.glance(ALICE, lambda tx: tx.thread_ids(SENT, ALL))) == 6


async def test_what_is_expunged_meanwhile_stays_gone(store: MailStore, new: object) -> None:
    write = store.write

    async def late(account, job):  # between the portion's read and its write
        store.write = write
        await write(account, lambda tx: tx.expunge(INBOX, only_deleted=False))
        return await write(account, job)

    store.write = late
    assert await Refiller(store).portion() == PORTION_EMAILS
    await refill(store)
    assert await sound(store)


async def test_a_lost_body_holds_nobody_up(store: MailStore, new: object) -> None:
    await store.write(ALICE, lambda tx: tx.sql.execute("UPDATE email SET pack = 42 WHERE email_id % 7 = 0"))
    assert await refill(store) == 2 * COUNT
    assert len(store.glance(BOB, lambda tx: tx.thread_ids(INBOX, ALL))) == COUNT
