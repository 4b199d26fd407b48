"""A client that follows only /changes always has what a full resync would give (RFC 8620 §5.2), whatever
IMAP and JMAP do meanwhile, and however little it takes at once."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bocau.base.errors import BocauError
from bocau.store import Flags
from bocau.store.emails import all_emails
from bocau.store.verify import verify

from .desk import ALICE, close_desk, open_desk

NAMES = ("INBOX", "Trash", "a", "a/b", "c")
PROPERTIES = {
    "Email": ["keywords", "mailboxIds", "threadId"],
    "Thread": ["emailIds"],
    "Mailbox": None,
}
names = st.sampled_from(NAMES)
bits = st.integers(0, 31).map(Flags)
words = st.frozensets(st.sampled_from(("$junk", "k1")), max_size=2)
spans = st.tuples(st.integers(1, 12), st.integers(0, 6)).map(lambda span: ((span[0], sum(span)),))
picks = st.lists(st.integers(0, 30), min_size=1, max_size=6)
limits = st.none() | st.integers(1, 4)


class Mirror:
    """What the client has of one type."""

    def __init__(self, desk, kind):
        self.desk, self.kind = desk, kind

    async def get(self, ids, properties=None):
        wanted = PROPERTIES[self.kind] if properties is None else properties
        told = await self.desk.call(f"{self.kind}/get", ids=ids, properties=wanted)
        return told["state"], {one.pop("id"): one for one in told["list"]}

    async def begin(self):
        self.state, self.have = await self.get(None)

    async def step(self, limit):
        """One /changes; returns whether there is more. Ids "updated" that were never met are passed over."""
        told = await self.desk.call(f"{self.kind}/changes", sinceState=self.state, maxChanges=limit)
        assert "error" not in told, told
        created, updated, destroyed = told["created"], told["updated"], told["destroyed"]
        assert len({*created, *updated, *destroyed}) == len(created) + len(updated) + len(destroyed)
        assert limit is None or len(created) + len(updated) + len(destroyed) <= limit
        assert told["hasMoreChanges"] is False or told["newState"] != self.state
        # What was empty or \\Deleted for a while comes back as if it were new.
        assert self.kind != "Mailbox" or self.have.keys().isdisjoint(created)
        for gone in destroyed:
            self.have.pop(gone, None)
        _, new = await self.get(created)
        self.have.update(new)
        known = [one for one in updated if one in self.have]
        _, fresh = await self.get(known, told.get("updatedProperties"))
        for one in known:
            if one in fresh:
                self.have[one] = self.have[one] | fresh[one]
        self.state = told["newState"]
        return told["hasMoreChanges"]

    async def check(self, limit):
        while await self.step(limit):
            pass
        state, there = await self.get(None)
        assert (self.state, self.have) == (state, there)


class Following(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.desk = self.runner.run(open_desk(Path(self.folder.name)))
        for name in NAMES[2:]:
            self.write(lambda tx, name=name: tx.create_mailbox(name))
        for number, name in enumerate(NAMES * 2):
            self.deliver_one(name, number % 4, number % 3, Flags.SEEN)
        self.mirrors = [Mirror(self.desk, kind) for kind in PROPERTIES]
        for mirror in self.mirrors:
            self.runner.run(mirror.begin())

    def write(self, job):
        async def run():
            return await self.desk.store.write(ALICE, job)

        try:
            return self.runner.run(run())
        except BocauError:
            return None

    def call(self, method, **arguments):
        told = self.runner.run(self.desk.call(method, **arguments))
        assert "error" not in told, told

    def box(self, name):
        """The mailbox of that name, or INBOX when it has gone."""
        found = self.desk.store.glance(ALICE, lambda tx: tx.find_mailbox(name))
        return 1 if found is None else found.mailbox_id

    def emails(self, numbers):
        known = self.desk.store.glance(ALICE, lambda tx: [f"M{one}" for one in all_emails(tx, 100)])
        return [known[number % len(known)] for number in numbers] if known else []

    # --- what others do -----------------------------------------------------------------

    @rule(name=names, number=st.integers(0, 5), parent=st.integers(0, 5), flags=bits)
    def deliver(self, name, number, parent, flags):
        self.deliver_one(name, number, parent, flags)
        self.deliver_one("INBOX", parent, number, flags)

    def deliver_one(self, name, number, parent, flags):
        data = b"Message-ID: <%d@x>\r\nReferences: <%d@x>\r\nSubject: x\r\n\r\nbody\r\n" % (number, parent)
        self.runner.run(self.desk.deliver(data, name if self.box(name) != 1 else "INBOX", flags=flags))

    @rule(name=names, span=spans, add=bits, remove=bits, plus=words, minus=words, replace=st.booleans())
    def store(self, name, span, add, remove, plus, minus, replace):
        box = self.box(name)
        self.write(
            lambda tx: tx.change_keywords(
                box, span, add=add, remove=remove, add_keywords=plus, remove_keywords=minus, replace=replace
            )
        )

    @rule(name=names, to_name=names, span=spans, verb=st.sampled_from(("copy", "move")))
    def transfer(self, name, to_name, span, verb):
        box, target = self.box(name), self.box(to_name)
        self.write(lambda tx: getattr(tx, verb)(box, span, target))

    @rule(name=names, span=spans, only_deleted=st.booleans())
    def expunge(self, name, span, only_deleted):
        box = self.box(name)
        self.write(lambda tx: tx.expunge(box, span, only_deleted=only_deleted))

    @rule(name=names, new=names)
    def rename(self, name, new):
        box = self.box(name)
        self.write(lambda tx: tx.rename_mailbox(box, new))

    @rule(name=names, makes=st.booleans())
    def come_or_go(self, name, makes):
        box = self.box(name)
        self.write(lambda tx: tx.create_mailbox(name) if makes else tx.delete_mailbox(box))

    # --- what JMAP does -----------------------------------------------------------------

    @rule(picked=picks, into=names, out_of=names, words=words, whole=st.booleans())
    def patch(self, picked, into, out_of, words, whole):
        new, old = f"F1-{self.box(into)}", f"F1-{self.box(out_of)}"
        if whole:
            patch = {"mailboxIds": {new: True}, "keywords": {word: True for word in words}}
        else:
            patch = {f"keywords/{word}": True for word in words}
            patch |= {"keywords/$seen": None, f"mailboxIds/{old}": None, f"mailboxIds/{new}": True}
        self.call("Email/set", update={email: patch for email in self.emails(picked)})

    @rule(picked=picks)
    def destroy(self, picked):
        self.call("Email/set", destroy=self.emails(picked))

    @rule(name=names, to_name=names, role=st.sampled_from((None, "trash", "junk")), removes=st.booleans())
    def mailboxes(self, name, to_name, role, removes):
        one, other = f"F1-{self.box(name)}", f"F1-{self.box(to_name)}"
        update = {one: {"role": role, "sortOrder": 5}, other: {"name": "n", "role": None}}
        self.call("Mailbox/set", update=update)
        self.write(lambda tx: tx.subscribe(name, role is None))
        if removes:
            self.call("Mailbox/set", destroy=[other], onDestroyRemoveEmails=True)

    # --- what the client does -------------------------------------------------------------

    @rule(limit=limits, is_all=st.booleans())
    def follow(self, limit, is_all):
        for mirror in self.mirrors:
            self.runner.run(mirror.check(limit) if is_all else mirror.step(limit))

    def teardown(self):
        if not hasattr(self, "desk"):
            return

        async def end():
            for limit, mirror in enumerate(self.mirrors, 1):
                await mirror.check(limit)
            faults = [str(fault) async for fault in verify(self.desk.store)]
            await close_desk(self.desk)
            return faults

        try:
            assert self.runner.run(end()) == []
        finally:
            self.runner.close()
            self.folder.cleanup()


class TestFollowing(Following.TestCase):
    settings = settings(max_examples=20, stateful_step_count=25, suppress_health_check=list(HealthCheck))


@pytest.mark.long
class TestFollowingForLong(Following.TestCase):
    settings = settings(max_examples=400, stateful_step_count=25, suppress_health_check=list(HealthCheck))
