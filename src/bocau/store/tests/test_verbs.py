"""Each verb of the door: what it changes, logs, counts, rings and refuses."""

import asyncio

import pytest

from bocau.base.errors import (
    AlreadyExists,
    BadName,
    HasChildren,
    LimitReached,
    NoSuchAccount,
    NoSuchMailbox,
    NotPermitted,
    OverQuota,
)
from bocau.base.ids import AccountId
from bocau.store import ChangeKind, Flags, MailboxRole
from bocau.store.verify import verify

from .conftest import ALICE, BOB, new_email

ALL = ((1, 2**32 - 1),)


def inbox(store, account=ALICE):
    return store.glance(account, lambda tx: tx.mailbox_named("INBOX"))


def named(store, name, account=ALICE):
    return store.glance(account, lambda tx: tx.mailbox_named(name))


async def fill(store, count, account=ALICE):
    box = inbox(store, account).mailbox_id
    emails = [(new_email(store, b"%d" % n), Flags(0), "") for n in range(count)]
    await store.write(account, lambda tx: tx.add_many(box, emails))
    return box


async def assert_sound(store):
    assert [str(fault) async for fault in verify(store)] == []


async def test_a_new_account_has_its_mailboxes_with_roles(store):
    boxes = store.glance(ALICE, lambda tx: tx.mailboxes())
    assert [box.name for box in boxes] == ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]
    assert all(box.role for box in boxes)
    assert store.glance(ALICE, lambda tx: tx.subscriptions()) == [box.name for box in boxes]
    assert len({box.uid_validity for box in boxes}) == 6
    with pytest.raises(AlreadyExists):
        await store.write(ALICE, lambda tx: tx.create_account())


async def test_an_added_email_comes_back_whole(store):
    new = new_email(store, b"the body")
    box = inbox(store).mailbox_id
    uid, email_id = await store.write(ALICE, lambda tx: tx.add(box, new, Flags.SEEN | Flags.FLAGGED, "b a"))
    (message,) = store.glance(ALICE, lambda tx: tx.messages(box, ALL))
    assert (message.uid, message.email_id, message.flags, message.keywords) == (
        uid,
        email_id,
        Flags(5),
        "a b",
    )
    assert (message.size_bytes, message.received_at, message.sent_at) == (8, 1_600_000_000, 1_500_000_000)
    assert (message.envelope, message.body_structure, message.blob) == (
        b"(envelope)",
        b"(structure)",
        new.blob,
    )
    assert store.blobs.read(message.blob) == b"the body"
    assert (inbox(store).unseen_count, inbox(store).message_count, inbox(store).size_bytes) == (0, 1, 8)


async def test_one_job_delivers_to_several_accounts_and_rings_each(store):
    heard = []
    store.listen(ALICE, lambda: heard.append("alice"))
    end = store.listen(BOB, lambda: heard.append("bob"))
    new = new_email(store)

    def deliver(tx):
        for account in (ALICE, BOB):
            of = tx.of(account)
            of.add(of.mailbox_with_role(MailboxRole.INBOX).mailbox_id, new)

    await store.write(ALICE, deliver)
    assert sorted(heard) == ["alice", "bob"]
    end()
    await store.write(BOB, lambda tx: tx.add(inbox(store, BOB).mailbox_id, new))
    assert len(heard) == 2
    await assert_sound(store)


async def test_header_text_that_no_database_takes_is_made_storable(store):
    new = new_email(store)._replace(subject="\ud800 broken", sender="a\x00b")
    box = inbox(store).mailbox_id
    await store.write(ALICE, lambda tx: tx.add(box, new))
    assert len(store.glance(ALICE, lambda tx: tx.messages(box, ALL))) == 1


async def test_adding_refuses_what_does_not_exist_and_leaves_nothing(store):
    new = new_email(store)
    with pytest.raises(NoSuchMailbox):
        await store.write(ALICE, lambda tx: tx.add(99, new))
    with pytest.raises(NoSuchAccount):
        await store.write(AccountId(77), lambda tx: tx.add(1, new))
    await assert_sound(store)


async def test_quota_is_enforced_only_when_asked(store):
    new, box = new_email(store, b"x" * 100), inbox(store).mailbox_id
    await store.write(ALICE, lambda tx: tx.set_limit(150))
    await store.write(ALICE, lambda tx: (tx.enforce_quota(100), tx.add(box, new)))
    with pytest.raises(OverQuota):
        await store.write(ALICE, lambda tx: (tx.add(box, new), tx.enforce_quota(100)))
    await store.write(ALICE, lambda tx: tx.add(box, new))
    assert store.glance(ALICE, lambda tx: tx.usage()).is_over
    await store.write(ALICE, lambda tx: tx.set_limit(None))
    assert not store.glance(ALICE, lambda tx: tx.usage()).is_over


async def test_store_logs_one_row_and_spares_equal_messages(store):
    box = await fill(store, 10)
    before = store.glance(ALICE, lambda tx: tx.modseq())
    changed, refused = await store.write(ALICE, lambda tx: tx.change_keywords(box, ALL, add=Flags.SEEN))
    assert (changed, refused) == (range(1, 11), [])
    (change,) = store.glance(ALICE, lambda tx: tx.changes(before))
    assert (change.kind, change.uids) == (ChangeKind.KEYWORDS, ((1, 10),))
    assert await store.write(ALICE, lambda tx: tx.change_keywords(box, ALL, add=Flags.SEEN)) == ([], [])
    assert store.glance(ALICE, lambda tx: tx.modseq()) == change.modseq
    assert inbox(store).unseen_count == 0


async def test_store_with_unchangedsince_refuses_the_newer(store):
    box = await fill(store, 3)
    since = store.glance(ALICE, lambda tx: tx.modseq())
    await store.write(ALICE, lambda tx: tx.change_keywords(box, ((2, 2),), add=Flags.FLAGGED))
    changed, refused = await store.write(
        ALICE, lambda tx: tx.change_keywords(box, ALL, add=Flags.SEEN, unchanged_since=since)
    )
    assert (changed, refused) == ([1, 3], [2])
    assert [row[0] for row in store.glance(ALICE, lambda tx: tx.flags(box, ALL, since=since))] == [1, 2, 3]


async def test_keywords_are_added_removed_replaced_in_any_case(store):
    box = await fill(store, 2)

    async def change(**wanted):
        changed, _ = await store.write(ALICE, lambda tx: tx.change_keywords(box, ((1, 1),), **wanted))
        return list(changed)

    def words():
        return store.glance(ALICE, lambda tx: tx.flags(box, ((1, 1),)))[0][2:]

    assert await change(add=Flags.SEEN, add_keywords=["$Junk", "work"]) == [1]
    assert words() == (1, "$Junk work")
    assert await change(add_keywords=["$junk"]) == []
    assert await change(remove=Flags.SEEN, remove_keywords=["WORK", "none"]) == [1]
    assert words() == (0, "$Junk")
    assert await change(replace=True, add=Flags.DRAFT, add_keywords=["x"]) == [1]
    assert words() == (16, "x")
    assert store.glance(ALICE, lambda tx: tx.keywords_used(box)) == ["$Junk", "work", "x"]
    for bad in ("a b", "x" * 256, "a\n"):
        with pytest.raises(BadName):
            await change(add_keywords=[bad])
    with pytest.raises(LimitReached):
        await change(add_keywords=[f"k{n}" for n in range(101)])
    await assert_sound(store)


async def test_copy_makes_new_emails_that_share_the_body(store):
    box = await fill(store, 5)
    target = named(store, "Archive").mailbox_id
    await store.write(
        ALICE, lambda tx: tx.change_keywords(box, ((2, 3),), add=Flags.SEEN, add_keywords=["k"])
    )
    pairs = await store.write(ALICE, lambda tx: tx.copy(box, ((1, 2), (4, 2**32 - 1)), target))
    assert pairs == [(1, 1), (2, 2), (4, 3), (5, 4)]
    sources, copies = (store.glance(ALICE, lambda tx, b=b: tx.messages(b, ALL)) for b in (box, target))
    assert [m.blob for m in copies] == [sources[n].blob for n in (0, 1, 3, 4)]
    assert not {m.email_id for m in copies} & {m.email_id for m in sources}
    assert [(m.flags, m.keywords) for m in copies] == [(0, ""), (1, "k"), (0, ""), (0, "")]
    assert store.glance(ALICE, lambda tx: tx.keywords_used(target)) == ["k"]
    assert await store.write(ALICE, lambda tx: tx.copy(box, ALL, box)) == [(n, n + 5) for n in range(1, 6)]
    with pytest.raises(NoSuchMailbox):
        await store.write(ALICE, lambda tx: tx.copy(box, ALL, 99))
    await assert_sound(store)


async def test_move_keeps_the_email_and_expunges_the_source(store):
    box = await fill(store, 4)
    target = named(store, "Trash").mailbox_id
    before = {m.uid: m.email_id for m in store.glance(ALICE, lambda tx: tx.messages(box, ALL))}
    since = store.glance(ALICE, lambda tx: tx.modseq())
    pairs = await store.write(ALICE, lambda tx: tx.move(box, ((1, 1), (3, 4)), target))
    moved = store.glance(ALICE, lambda tx: tx.messages(target, ALL))
    assert [(m.uid, m.email_id) for m in moved] == [(new, before[old]) for old, new in pairs]
    assert store.glance(ALICE, lambda tx: tx.uids(box)) == [2]
    log = store.glance(ALICE, lambda tx: tx.changes(since))
    assert [(c.kind, c.mailbox_id, c.uids) for c in log] == [
        (ChangeKind.ADDED, target, ((1, 3),)),
        (ChangeKind.EXPUNGED, box, ((1, 1), (3, 4))),
    ]
    assert await store.write(ALICE, lambda tx: tx.move(box, ALL, box)) == [(2, 5)]
    await assert_sound(store)


async def test_expunge_takes_the_deleted_of_the_ranges(store):
    box = await fill(store, 6)
    await store.write(ALICE, lambda tx: tx.change_keywords(box, ((2, 5),), add=Flags.DELETED))
    assert inbox(store).deleted_count == 4
    assert await store.write(ALICE, lambda tx: tx.expunge(box, ((1, 3),))) == [2, 3]
    assert await store.write(ALICE, lambda tx: tx.expunge(box)) == [4, 5]
    assert await store.write(ALICE, lambda tx: tx.expunge(box, ((6, 6),), only_deleted=False)) == [6]
    assert await store.write(ALICE, lambda tx: tx.expunge(box)) == []
    assert store.glance(ALICE, lambda tx: tx.usage()).message_count == 1
    await assert_sound(store)


async def test_recent_is_claimed_once(store):
    box = await fill(store, 3)
    assert await store.write(ALICE, lambda tx: tx.claim_recent(box)) == 0
    assert await store.write(ALICE, lambda tx: tx.claim_recent(box)) == 3


async def test_mailboxes_are_created_with_parents_and_never_twice(store):
    made = await store.write(ALICE, lambda tx: tx.create_mailbox("a/b/c"))
    assert made.name == "a/b/c"
    assert named(store, "a/b").mailbox_id < made.mailbox_id
    with pytest.raises(AlreadyExists):
        await store.write(ALICE, lambda tx: tx.create_mailbox("a"))
    with pytest.raises(AlreadyExists):
        await store.write(ALICE, lambda tx: tx.create_mailbox("inbox"))
    with pytest.raises(AlreadyExists):
        await store.write(ALICE, lambda tx: tx.create_mailbox("Sent 2", MailboxRole.SENT))


async def test_rename_takes_the_children_along(store):
    for name in ("a/b/c", "a/bc"):
        await store.write(ALICE, lambda tx, name=name: tx.create_mailbox(name))
    a, b = named(store, "a").mailbox_id, named(store, "a/b").mailbox_id
    await store.write(ALICE, lambda tx: tx.rename_mailbox(b, "x/y"))
    names = [box.name for box in store.glance(ALICE, lambda tx: tx.mailboxes())]
    assert [n for n in names if n[0] in "ax"] == ["a", "a/bc", "x", "x/y", "x/y/c"]
    assert named(store, "x/y").mailbox_id == b
    with pytest.raises(AlreadyExists):
        await store.write(ALICE, lambda tx: tx.rename_mailbox(b, "a/bc"))
    with pytest.raises(BadName):
        await store.write(ALICE, lambda tx: tx.rename_mailbox(a, "a/inside"))
    with pytest.raises(BadName):
        await store.write(ALICE, lambda tx: tx.rename_mailbox(b, "/".join("n" * 51)))


async def test_renaming_inbox_moves_its_messages_and_leaves_it_empty(store):
    box = await fill(store, 3)
    await store.write(ALICE, lambda tx: tx.create_mailbox("INBOX/child"))
    await store.write(ALICE, lambda tx: tx.rename_mailbox(box, "old"))
    assert inbox(store).mailbox_id == box
    assert (inbox(store).message_count, named(store, "old").message_count) == (0, 3)
    assert named(store, "INBOX/child")
    await assert_sound(store)


async def test_deleting_and_making_a_mailbox_anew_gives_new_ids(store):
    old = await store.write(ALICE, lambda tx: tx.create_mailbox("a/b"))
    await store.write(ALICE, lambda tx: tx.add(old.mailbox_id, new_email(store)))
    with pytest.raises(HasChildren):
        await store.write(ALICE, lambda tx: tx.delete_mailbox(tx.mailbox_named("a").mailbox_id))
    with pytest.raises(NotPermitted):
        await store.write(ALICE, lambda tx: tx.delete_mailbox(tx.mailbox_named("INBOX").mailbox_id))
    await store.write(ALICE, lambda tx: tx.delete_mailbox(old.mailbox_id))
    new = await store.write(ALICE, lambda tx: tx.create_mailbox("a/b"))
    assert new.mailbox_id > old.mailbox_id
    assert new.uid_validity > old.uid_validity
    assert store.glance(ALICE, lambda tx: tx.usage()).used_bytes == 0
    await assert_sound(store)


async def test_subscriptions_and_roles(store):
    await store.write(ALICE, lambda tx: tx.subscribe("Sent", False))
    await store.write(ALICE, lambda tx: tx.subscribe("nowhere", False))
    await store.write(ALICE, lambda tx: tx.subscribe("Other Users/bob/x", True))
    names = store.glance(ALICE, lambda tx: tx.subscriptions())
    assert names == ["Archive", "Drafts", "INBOX", "Junk", "Other Users/bob/x", "Trash"]
    with pytest.raises(BadName):
        await store.write(ALICE, lambda tx: tx.subscribe("a//b", True))
    changes = store.glance(ALICE, lambda tx: tx.changes(0))
    told = [change.name for change in changes if change.kind is ChangeKind.SUBSCRIPTION]
    assert told == ["Sent", "Other Users/bob/x"]
    box = named(store, "Sent").mailbox_id
    await store.write(ALICE, lambda tx: tx.set_role(box, None))
    assert store.glance(ALICE, lambda tx: tx.mailbox_with_role(MailboxRole.SENT)) is None


async def test_the_number_of_mailboxes_is_limited(store, monkeypatch):
    monkeypatch.setattr("bocau.store.mailboxes.MAILBOXES_MAX", 7)
    await store.write(ALICE, lambda tx: tx.create_mailbox("seventh"))
    with pytest.raises(LimitReached):
        await store.write(ALICE, lambda tx: tx.create_mailbox("eighth"))


async def test_a_deleted_account_is_gone_and_the_others_stay(store):
    await fill(store, 3)
    await fill(store, 2, BOB)
    await store.write(ALICE, lambda tx: tx.delete_account())
    with pytest.raises(NoSuchAccount):
        store.glance(ALICE, lambda tx: tx.usage())
    assert store.glance(BOB, lambda tx: tx.usage()).message_count == 2
    await assert_sound(store)


async def test_watch_tells_every_change_once_and_in_order(store):
    box = inbox(store).mailbox_id
    after = store.glance(ALICE, lambda tx: tx.modseq())
    seen = []

    async def listen():
        async for changes in store.watch(ALICE, after):
            seen.extend(changes)
            if len(seen) == 3:
                return

    listener = asyncio.ensure_future(listen())
    for _ in range(3):
        await asyncio.sleep(0)
        await store.write(ALICE, lambda tx: tx.add(box, new_email(store)))
    await asyncio.wait_for(listener, 5)
    assert [change.uids for change in seen] == [((1, 1),), ((2, 2),), ((3, 3),)]


async def test_a_job_that_touches_the_queue_rings_it(store):
    heard = []
    store._bell.listen("queue", lambda: heard.append(1))
    await store.write(ALICE, lambda tx: tx.queue.counts(0))
    assert heard == []
    await store.write(ALICE, lambda tx: tx.queue.retry_now())
    assert heard == [1]
