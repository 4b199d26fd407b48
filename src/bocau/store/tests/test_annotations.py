"""Annotations (RFC 5464) and subscriptions of accounts and mailboxes that come and go."""

import pytest

from bocau.base.errors import LimitReached, NotPermitted
from bocau.store import ChangeKind
from bocau.store import annotations as a
from bocau.store import subscriptions as s
from bocau.store.access import Grant
from bocau.store.annotations import SHARED, Entry, entry_of_change
from bocau.store.verify import verify

from .conftest import ALICE, BOB

OWN = Entry(ALICE, "/comment")
ALL = Entry(SHARED, "/comment")


def inbox(store):
    return store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX")).mailbox_id


async def annotate(store, mailbox_id, values, reader=None):
    return await store.write(ALICE, lambda tx: tx.annotate(mailbox_id, values), reader=reader)


async def test_only_what_changes_is_logged(store):
    box = inbox(store)
    assert await annotate(store, box, {OWN: b"x", ALL: b"y"}) == [OWN, ALL]
    assert await annotate(store, box, {OWN: b"x", ALL: b"z"}) == [ALL]
    changes = [c for c in store.glance(ALICE, lambda tx: tx.changes(0)) if c.kind is ChangeKind.ANNOTATION]
    assert [entry_of_change(change.name) for change in changes] == [OWN, ALL, ALL]
    assert {change.mailbox_id for change in changes} == {box}


async def test_below_is_below_and_nothing_beside(store):
    box = inbox(store)
    names = ("/x", "/x/a", "/x/a/b", "/x0", "/xa", "/y")
    await annotate(store, box, {Entry(ALICE, name): b"v" for name in names})
    found = store.glance(ALICE, lambda tx: tx.annotations_below(box, Entry(ALICE, "/x")))
    assert [entry.path for entry, _ in found] == ["/x/a", "/x/a/b"]
    everything = store.glance(ALICE, lambda tx: tx.annotations_below(box, Entry(ALICE, "")))
    assert [entry.path for entry, _ in everything] == list(names)


async def test_limits_leave_all_as_it_was(store, monkeypatch):
    box = inbox(store)
    with pytest.raises(a.AnnotationTooLarge):
        await annotate(store, box, {OWN: b"x", ALL: b"y" * (a.VALUE_BYTES_MAX + 1)})
    many = {Entry(ALICE, f"/{n}"): b"v" for n in range(a.ENTRIES_MAX + 1)}
    with pytest.raises(a.TooManyAnnotations):
        await annotate(store, box, many)
    monkeypatch.setattr(a, "ACCOUNT_BYTES_MAX", 10)
    with pytest.raises(a.TooManyAnnotations):
        await annotate(store, box, {OWN: b"123456", ALL: b"12345"})
    assert store.glance(ALICE, lambda tx: tx.annotations_below(box, Entry(ALICE, ""))) == []


async def test_they_go_with_their_mailbox_and_account(store):
    box = await store.write(ALICE, lambda tx: tx.create_mailbox("Box").mailbox_id)
    await annotate(store, box, {OWN: b"x"})
    await store.write(ALICE, lambda tx: tx.delete_mailbox(box))
    assert [str(fault) async for fault in verify(store)] == []
    await annotate(store, inbox(store), {OWN: b"x"})
    await store.write(ALICE, lambda tx: tx.delete_account())
    assert store.glance(ALICE, lambda tx: tx.sql.value("SELECT count(*) FROM annotation")) == 0
    assert store.glance(ALICE, lambda tx: tx.subscriptions()) == []


async def test_guests_have_their_own_and_write_shared_ones_by_right(store):
    box = inbox(store)
    await annotate(store, box, {OWN: b"mine", ALL: b"ours"})
    with pytest.raises(Exception, match="no mailbox"):
        store.glance(ALICE, lambda tx: tx.annotation(box, ALL), reader=BOB)
    await store.write(ALICE, lambda tx: tx.set_grant(box, Grant(BOB, False, frozenset("lr"))))
    assert store.glance(ALICE, lambda tx: tx.annotation(box, ALL), reader=BOB) == b"ours"
    bobs = Entry(BOB, "/comment")
    await annotate(store, box, {bobs: b"bob's"}, reader=BOB)
    assert store.glance(ALICE, lambda tx: tx.annotation(box, OWN)) == b"mine"
    for forbidden in (OWN, ALL):
        with pytest.raises(NotPermitted):
            await annotate(store, box, {forbidden: b"z"}, reader=BOB)
    await store.write(ALICE, lambda tx: tx.set_grant(box, Grant(BOB, False, frozenset("lrw"))))
    await annotate(store, box, {ALL: b"z"}, reader=BOB)


async def test_the_number_of_subscriptions_is_limited(store, monkeypatch):
    monkeypatch.setattr(s, "SUBSCRIPTIONS_MAX", 7)
    await store.write(ALICE, lambda tx: tx.subscribe("seven", True))
    with pytest.raises(LimitReached):
        await store.write(ALICE, lambda tx: tx.subscribe("eight", True))
    await store.write(ALICE, lambda tx: tx.subscribe("a//b", False))
