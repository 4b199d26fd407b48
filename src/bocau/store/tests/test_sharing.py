"""A guest may do what a grant says and nothing else; its \\Seen is its own (RFC 4314)."""

import random
from contextlib import suppress
from itertools import combinations

import pytest

from bocau.base.errors import NoSuchMailbox, NotPermitted, Refused
from bocau.base.ids import AccountId
from bocau.store import ChangeKind, Flags
from bocau.store.access import ALL_RIGHTS, ANYONE, LETTERS, Deed, Grant
from bocau.store.verify import verify

from .conftest import ALICE, BOB, new_email

ALL = ((1, 2**32 - 1),)
CAROL = AccountId(3)


def named(store, name="INBOX", account=ALICE):
    return store.glance(account, lambda tx: tx.mailbox_named(name)).mailbox_id


async def share(store, letters, *, box=None, grantee=BOB, negative=False):
    box = named(store) if box is None else box
    await store.write(ALICE, lambda tx: tx.set_grant(box, Grant(grantee, negative, frozenset(letters))))
    return box


async def add(store, box, count=1, flags=Flags(0), **reader):
    emails = [(new_email(store), flags, "") for _ in range(count)]
    return await store.write(ALICE, lambda tx: tx.add_many(box, emails), **reader)


def seen_by(store, box, reader=None):
    rows = store.glance(ALICE, lambda tx: tx.flags(box, ALL), reader=reader)
    return [uid for uid, _, flags, _ in rows if flags & Flags.SEEN]


def rights(store, box, reader):
    return store.glance(ALICE, lambda tx: tx.rights(box), reader=reader)


# --- rights -----------------------------------------------------------------------------


async def test_rights_are_what_is_given_less_what_is_taken(store):
    box = await share(store, "lrs")
    await share(store, "lwi", grantee=ANYONE)
    assert rights(store, box, BOB) == frozenset("lrswi")
    assert rights(store, box, CAROL) == frozenset("lwi")
    await share(store, "wr", negative=True)
    await share(store, "l", grantee=ANYONE, negative=True)
    assert rights(store, box, BOB) == frozenset("si")
    assert rights(store, box, ALICE) == rights(store, box, None) == ALL_RIGHTS
    assert rights(store, box, ANYONE) == frozenset(), "nobody has logged in"


async def test_a_guest_meets_only_what_is_shared(store):
    box = await share(store, "l")
    assert [b.name for b in store.glance(ALICE, lambda tx: tx.mailboxes(), reader=BOB)] == ["INBOX"]
    for name in ("Drafts", "Nowhere"):
        with pytest.raises(NoSuchMailbox, match=f"no mailbox '{name}'"):
            store.glance(ALICE, lambda tx, name=name: tx.mailbox_named(name), reader=BOB)
    with pytest.raises(NotPermitted):
        store.glance(ALICE, lambda tx: tx.mailbox_for("INBOX", Deed.READ), reader=BOB)
    await share(store, "swtep", box=box)
    with pytest.raises(NoSuchMailbox):
        store.glance(ALICE, lambda tx: tx.mailbox(box), reader=BOB)
    assert store.glance(ALICE, lambda tx: tx.changes(0), reader=BOB) == []


VERBS = {
    "read": ("r", lambda tx, box, email: tx.flags(box, ALL)),
    "uids": ("r", lambda tx, box, email: tx.uids(box)),
    "bodies": ("r", lambda tx, box, email: tx.blobs(box, ALL)),
    "rows": ("r", lambda tx, box, email: tx.messages(box, ALL)),
    "changes": ("r", lambda tx, box, email: tx.changes(0, box)),
    "add": ("i", lambda tx, box, email: tx.add(box, email)),
    "seen": ("rs", lambda tx, box, email: tx.change_keywords(box, ALL, add=Flags.SEEN)),
    "deleted": ("rt", lambda tx, box, email: tx.change_keywords(box, ALL, add=Flags.DELETED)),
    "flagged": ("rw", lambda tx, box, email: tx.change_keywords(box, ALL, add=Flags.FLAGGED)),
    "keyword": ("rw", lambda tx, box, email: tx.change_keywords(box, ALL, add_keywords=["k"])),
    "expunge": ("e", lambda tx, box, email: tx.expunge(box)),
    "copy": ("ri", lambda tx, box, email: tx.copy(box, ALL, box)),
    "move": ("rtei", lambda tx, box, email: tx.move(box, ALL, box)),
    "create": ("k", lambda tx, box, email: tx.create_mailbox("Work/new")),
    "rename": ("xk", lambda tx, box, email: tx.rename_mailbox(box, "Work/other")),
    "delete": ("x", lambda tx, box, email: tx.delete_mailbox(box)),
    "grant": ("a", lambda tx, box, email: tx.set_grant(box, Grant(CAROL, False, frozenset("r")))),
    "grants": ("a", lambda tx, box, email: tx.grants(box)),
}
OWNERS_ALONE = {
    "role": lambda tx, box: tx.set_role(box, None),
    "limit": lambda tx, box: tx.set_limit(1),
    "account": lambda tx, box: tx.delete_account(),
    "subscribe": lambda tx, box: tx.subscribe("x", True),
    "top level": lambda tx, box: tx.create_mailbox("Elsewhere"),
    "rename inbox": lambda tx, box: tx.rename_mailbox(tx.mailbox_named("INBOX").mailbox_id, "Work/inbox"),
}


class Undone(Exception):
    """Rolls a transaction back."""


async def attempt(store, job):
    """Whether the guest may do it; nothing of it stays."""

    def tried(tx):
        job(tx)
        raise Undone

    try:
        await store.write(ALICE, tried, reader=BOB)
    except Undone:
        return True
    except (NotPermitted, NoSuchMailbox):
        return False


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_needs_its_rights(store, verb):
    needed, job = VERBS[verb]
    box = await store.write(ALICE, lambda tx: tx.create_mailbox("Work").mailbox_id)
    # RENAME asks for "k" on the mailbox above the new name: this one.
    if verb == "rename":
        box = await store.write(ALICE, lambda tx: tx.create_mailbox("Work/old").mailbox_id)
        await share(store, "k", box=named(store, "Work"))
    await add(store, box)
    email = new_email(store)
    granted = frozenset(needed) - ({"k"} if verb == "rename" else set())
    every_set = [
        frozenset(c) for size in range(len(granted) + 1) for c in combinations(sorted(granted), size)
    ]
    for some in every_set:
        for others in (frozenset(), ALL_RIGHTS - frozenset(needed)):
            await share(store, some | others, box=box)
            allowed = await attempt(store, lambda tx: job(tx, box, email))
            assert allowed == (some == granted), f"{verb} with {''.join(sorted(some | others))}"


@pytest.mark.parametrize("verb", OWNERS_ALONE)
async def test_what_no_right_gives(store, verb):
    box = await store.write(ALICE, lambda tx: tx.create_mailbox("Work").mailbox_id)
    for each in store.glance(ALICE, lambda tx: tx.mailboxes()):
        await share(store, LETTERS, box=each.mailbox_id)
    assert not await attempt(store, lambda tx: OWNERS_ALONE[verb](tx, box))


async def test_flags_that_a_guest_may_not_set_are_dropped(store):
    box = await share(store, "lrit")
    everything = Flags.SEEN | Flags.FLAGGED | Flags.DELETED
    emails = [(new_email(store), everything, "$Forwarded")]
    await store.write(ALICE, lambda tx: tx.add_many(box, emails), reader=BOB)
    await store.write(ALICE, lambda tx: tx.change_keywords(box, ALL, add=everything), reader=BOB)
    assert [row[2:] for row in store.glance(ALICE, lambda tx: tx.flags(box, ALL), reader=BOB)] == [(8, "")]
    await store.write(
        ALICE, lambda tx: tx.change_keywords(box, ALL, add=everything, add_keywords=["$Forwarded"])
    )
    await store.write(ALICE, lambda tx: tx.change_keywords(box, ALL, replace=True), reader=BOB)
    assert [row[2:] for row in store.glance(ALICE, lambda tx: tx.flags(box, ALL))] == [(5, "$Forwarded")]
    ((_, copy),) = await store.write(ALICE, lambda tx: tx.copy(box, ALL, box), reader=BOB)
    (row,) = store.glance(ALICE, lambda tx: tx.flags(box, ((copy, copy),)))
    assert row[2:] == (Flags.SEEN, ""), 'the owner\'s \\Seen is kept, what needs "w" is not'
    assert [str(fault) async for fault in verify(store)] == []


# --- \Seen --------------------------------------------------------------------------------


async def test_seen_is_the_readers_own(store):
    box = await share(store, "lrs")
    await add(store, box, 6)
    modseq = store.glance(ALICE, lambda tx: tx.modseq())
    changed, _ = await store.write(
        ALICE, lambda tx: tx.change_keywords(box, ((2, 4),), add=Flags.SEEN), reader=BOB
    )
    assert changed == [2, 3, 4]
    await store.write(ALICE, lambda tx: tx.change_keywords(box, ((1, 2),), add=Flags.SEEN))
    assert seen_by(store, box) == [1, 2]
    assert seen_by(store, box, BOB) == [2, 3, 4]
    assert store.glance(ALICE, lambda tx: tx.mailbox(box).unseen_count) == 4
    assert store.glance(ALICE, lambda tx: tx.mailbox(box).unseen_count, reader=BOB) == 3
    told = store.glance(ALICE, lambda tx: tx.changes(modseq, box), reader=BOB)
    assert [(c.kind, c.uids) for c in told] == [
        (ChangeKind.KEYWORDS, ((2, 4),)),
        (ChangeKind.KEYWORDS, ((1, 2),)),
    ]
    _, refused = await store.write(
        ALICE,
        lambda tx: tx.change_keywords(box, ALL, remove=Flags.SEEN, unchanged_since=modseq),
        reader=BOB,
    )
    assert refused == [1, 2, 3, 4]
    assert seen_by(store, box, BOB) == [2, 3, 4]


class Model:
    """What each of the two has seen; the same messages for both."""

    def __init__(self, boxes):
        self.seen = {box: {} for box in boxes}
        self.next = dict.fromkeys(boxes, 1)

    def arrive(self, box, states):
        for state in states:
            self.seen[box][self.next[box]] = state
            self.next[box] += 1


async def random_step(store, rng, model, boxes):
    box, target = rng.sample(boxes, 2)
    reader = rng.choice((None, BOB))
    who = 0 if reader is None else 1
    uids = sorted(rng.sample(sorted(model.seen[box]), rng.randint(0, min(4, len(model.seen[box])))))
    some = [(uid, uid) for uid in uids]
    match rng.randrange(6):
        case 0:
            flags = rng.choice((Flags(0), Flags.SEEN))
            await add(store, box, 2, flags, reader=reader)
            state = (bool(flags) and who == 0, bool(flags) and who == 1)
            model.arrive(box, [state, state])
        case 1 | 2:
            value = rng.random() < 0.5
            change = {"add" if value else "remove": Flags.SEEN | Flags.FLAGGED}
            await store.write(ALICE, lambda tx: tx.change_keywords(box, some, **change), reader=reader)
            for uid in uids:
                state = list(model.seen[box][uid])
                state[who] = value
                model.seen[box][uid] = tuple(state)
        case 3:
            await store.write(ALICE, lambda tx: tx.copy(box, some, target), reader=reader)
            model.arrive(target, [model.seen[box][uid] for uid in uids])
        case 4:
            await store.write(ALICE, lambda tx: tx.move(box, some, target), reader=reader)
            model.arrive(target, [model.seen[box].pop(uid) for uid in uids])
        case 5:
            await store.write(ALICE, lambda tx: tx.expunge(box, some, only_deleted=False), reader=reader)
            for uid in uids:
                del model.seen[box][uid]


@pytest.mark.parametrize("seed", range(5))
async def test_seen_of_two_readers_against_a_model(store, seed):
    rng = random.Random(seed)
    boxes = [named(store, name) for name in ("INBOX", "Archive")]
    for box in boxes:
        await share(store, LETTERS, box=box)
    model = Model(boxes)
    for _ in range(120):
        await random_step(store, rng, model, boxes)
        for box in boxes:
            for who, reader in enumerate((None, BOB)):
                assert seen_by(store, box, reader) == [u for u, s in model.seen[box].items() if s[who]]
                mailbox = store.glance(ALICE, lambda tx, box=box: tx.mailbox(box), reader=reader)
                assert mailbox.unseen_count == len(model.seen[box]) - len(seen_by(store, box, reader))
    assert [str(fault) async for fault in verify(store)] == []


# --- mailboxes and accounts come and go ------------------------------------------------------


async def test_children_are_shared_as_their_parent(store):
    box = await store.write(ALICE, lambda tx: tx.create_mailbox("Work").mailbox_id)
    await share(store, "lrk", box=box)
    await share(store, "p", box=box, grantee=ANYONE, negative=True)
    child = await store.write(ALICE, lambda tx: tx.create_mailbox("Work/a/b").mailbox_id, reader=BOB)
    assert store.glance(ALICE, lambda tx: tx.grants(child)) == store.glance(ALICE, lambda tx: tx.grants(box))
    await store.write(ALICE, lambda tx: tx.rename_mailbox(child, "Alone"))
    assert rights(store, child, BOB) == frozenset("lrk")
    await store.write(ALICE, lambda tx: tx.delete_mailbox(child))
    assert [str(fault) async for fault in verify(store)] == []
    top = await store.write(ALICE, lambda tx: tx.create_mailbox("Alone").mailbox_id)
    assert store.glance(ALICE, lambda tx: tx.grants(top)) == []


async def test_the_nearest_mailbox_above_says_who_may_create(store):
    for name, letters in (("Work", LETTERS), ("Work/closed", "lr"), ("Work/hidden", "")):
        box = await store.write(ALICE, lambda tx, name=name: tx.create_mailbox(name).mailbox_id)
        await share(store, letters, box=box)
    for name in ("Work/closed/new", "Work/hidden/new", "Work/hidden/new/er", "Else/new"):
        with pytest.raises(NotPermitted, match=r"^mailboxes cannot be made here$"):
            await store.write(ALICE, lambda tx, name=name: tx.create_mailbox(name), reader=BOB)


async def test_an_account_that_goes_takes_its_grants_along(store):
    box = await share(store, "lrs")
    bobs = named(store, account=BOB)
    await store.write(BOB, lambda tx: tx.set_grant(bobs, Grant(ALICE, False, frozenset("lr"))))
    await add(store, box, 2)
    await store.write(ALICE, lambda tx: tx.change_keywords(box, ALL, add=Flags.SEEN), reader=BOB)
    modseq = store.glance(ALICE, lambda tx: tx.modseq())
    await store.write(BOB, lambda tx: tx.delete_account())
    assert store.glance(ALICE, lambda tx: tx.grants(box)) == []
    assert [c.kind for c in store.glance(ALICE, lambda tx: tx.changes(modseq))] == [
        ChangeKind.MAILBOX_CHANGED
    ]
    assert [str(fault) async for fault in verify(store)] == []


async def test_grants_are_logged_and_heard(store):
    heard = []
    for account in (ALICE, BOB):
        store.listen(account, lambda account=account: heard.append(account))
    box = await share(store, "lr")
    assert sorted(heard) == [ALICE, BOB]
    heard.clear()
    await share(store, "lr", box=box)
    assert heard == [], "nothing changed"
    with pytest.raises(NotPermitted):
        await share(store, "lr", grantee=ALICE)
    with suppress(Refused):
        await store.write(ALICE, lambda tx: tx.set_grant(99, Grant(BOB, False, frozenset("r"))))
    assert [str(fault) async for fault in verify(store)] == []
