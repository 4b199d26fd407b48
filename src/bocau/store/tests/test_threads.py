"""Threads: whom an email joins, and that its thread never changes (RFC 8474 §5.2, RFC 8621 §3)."""

import pytest

from bocau.base.ids import MailboxId
from bocau.store import Flags, MailStore
from bocau.store.email import new_email
from bocau.store.threads import ASKED_ALONE_MAX
from bocau.store.verify import verify

from .conftest import ALICE, BOB

INBOX, SENT = MailboxId(1), MailboxId(3)
ALL = ((1, 2**32 - 1),)


async def arrive(store: MailStore, name: str, references: str = "", subject: str = "x", account=ALICE) -> int:
    """Deliver a message; its uid."""
    head = f"Message-ID: <{name}@x>\r\nSubject: {subject}\r\n"
    head += f"References: {''.join(f'<{word}@x>' for word in references.split())}\r\n" if references else ""
    data = f"{head}\r\nbody of {name}\r\n".encode()
    email = new_email(data, store.blobs.stage(data), 1)
    uid, _ = await store.write(account, lambda tx: tx.add(INBOX, email))
    return uid


def threads(store: MailStore, mailbox_id: MailboxId = INBOX, account=ALICE) -> list[int]:
    """Of each message, the number of its thread, by first appearance."""
    found = [thread for _, thread in store.glance(account, lambda tx: tx.thread_ids(mailbox_id, ALL))]
    return [list(dict.fromkeys(found)).index(thread) for thread in found]


async def test_answers_join_however_they_come(store: MailStore) -> None:
    await arrive(store, "a")
    await arrive(store, "b", "a", "Re: x")
    await arrive(store, "d", "a c", "Re: x (fwd)")  # c has not come yet
    await arrive(store, "c", "a")
    await arrive(store, "e", "c")
    assert threads(store) == [0, 0, 0, 0, 0]


async def test_a_new_subject_begins_a_thread(store: MailStore) -> None:
    await arrive(store, "a", subject="lunch")
    await arrive(store, "b", "a", "Re: dinner")
    await arrive(store, "c", "a b", "dinner")
    assert threads(store) == [0, 1, 1]


async def test_the_oldest_thread_wins_and_none_changes(store: MailStore) -> None:
    await arrive(store, "a")
    await arrive(store, "b")
    before = store.glance(ALICE, lambda tx: tx.thread_ids(INBOX, ALL))
    await arrive(store, "c", "b a")
    assert threads(store) == [0, 1, 0]
    assert store.glance(ALICE, lambda tx: tx.thread_ids(INBOX, ALL))[:2] == before


async def test_a_long_chain_joins_as_a_short_one_does(store: MailStore) -> None:
    await arrive(store, "a")
    await arrive(store, "b", " ".join(f"n{number}" for number in range(3 * ASKED_ALONE_MAX)))
    await arrive(store, "c", " ".join(("a", *(f"m{number}" for number in range(3 * ASKED_ALONE_MAX)))))
    await arrive(store, "d", "n7")
    await arrive(store, "e", "m7")
    assert threads(store) == [0, 1, 0, 1, 0]


async def test_without_message_ids_each_is_alone(store: MailStore) -> None:
    data = b"Subject: x\r\n\r\n"
    for _ in range(2):
        email = new_email(data, store.blobs.stage(data), 1)
        await store.write(ALICE, lambda tx, email=email: tx.add(INBOX, email))
    assert threads(store) == [0, 1]


async def test_accounts_have_threads_of_their_own(store: MailStore) -> None:
    await arrive(store, "a")
    await arrive(store, "a", account=BOB)
    await arrive(store, "b", "a", account=BOB)
    own = store.glance(ALICE, lambda tx: tx.thread_ids(INBOX, ALL))
    others = store.glance(BOB, lambda tx: tx.thread_ids(INBOX, ALL))
    assert len(own) == 1
    assert not {thread for _, thread in own} & {thread for _, thread in others}


async def test_a_thread_outlives_its_emails(store: MailStore) -> None:
    await arrive(store, "a")
    [(_, thread)] = store.glance(ALICE, lambda tx: tx.thread_ids(INBOX, ALL))
    await store.write(ALICE, lambda tx: tx.expunge(INBOX, only_deleted=False))
    await arrive(store, "b", "a")
    assert [found for _, found in store.glance(ALICE, lambda tx: tx.thread_ids(INBOX, ALL))] == [thread]


async def test_copies_and_moved_messages_stay_in_it(store: MailStore) -> None:
    await arrive(store, "a")
    await arrive(store, "b", "a")
    before = [thread for _, thread in store.glance(ALICE, lambda tx: tx.thread_ids(INBOX, ALL))]
    await store.write(ALICE, lambda tx: tx.copy(INBOX, ALL, SENT))
    await store.write(ALICE, lambda tx: tx.move(INBOX, ALL, SENT))
    found = [thread for _, thread in store.glance(ALICE, lambda tx: tx.thread_ids(SENT, ALL))]
    assert found == before * 2
    listed = store.glance(ALICE, lambda tx: tx.listed(SENT, ALL))
    assert [row[1:] for row in listed[:2]] == [row[1:] for row in listed[2:]]
    assert listed[0][1] == b"Message-ID: <a@x>\r\nSubject: x\r\n"
    assert [fault async for fault in verify(store)] == []


@pytest.mark.parametrize("table", ["email_key", "thread_key"])
async def test_nothing_is_left_of_a_deleted_account(store: MailStore, table: str) -> None:
    await arrive(store, "a")
    await arrive(store, "a", account=BOB)
    await store.write(ALICE, lambda tx: tx.delete_account())
    assert store.glance(ALICE, lambda tx: tx.sql.value(f"SELECT count(*) FROM {table}")) == 1


async def test_keys_go_with_the_email(store: MailStore) -> None:
    for name in "abc":
        await arrive(store, name)
    await store.write(ALICE, lambda tx: tx.change_keywords(INBOX, ((2, 2),), add=Flags.DELETED))
    await store.write(ALICE, lambda tx: tx.expunge(INBOX))
    assert store.glance(ALICE, lambda tx: tx.sql.value("SELECT count(*) FROM email_key")) == 2
    assert [fault async for fault in verify(store)] == []
