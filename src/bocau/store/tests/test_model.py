"""Random verbs against a simple model: the store says what the model says, and `verify` is clean."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bocau.base.errors import AlreadyExists, BadName
from bocau.store import Flags
from bocau.store.verify import verify

from .conftest import ALICE, close_store, new_email, open_store

NAMES = ("INBOX", "a", "a/b", "c")
boxes = st.sampled_from(NAMES)
bits = st.integers(0, 31)
words = st.frozensets(st.sampled_from(("$Junk", "k1", "k2")), max_size=2)
ranges = st.lists(st.integers(1, 12), max_size=6, unique=True).map(
    lambda uids: [(uid, uid + uid % 3) for uid in sorted(uids)]
).map(lambda found: [r for n, r in enumerate(found) if n == 0 or found[n - 1][1] < r[0]])  # fmt: skip


class Place:
    """The model's message."""

    def __init__(self, body, flags, keywords):
        self.body, self.flags, self.keywords = body, flags, frozenset(keywords)

    def copy(self):
        return Place(self.body, self.flags, self.keywords)

    def state(self):
        return (self.flags, " ".join(sorted(self.keywords)))


class Model(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.store = self.runner.run(open_store(Path(self.folder.name)))
        self.write(lambda tx: tx.create_account())
        self.model = {}
        self.next = {}
        self.count = 0
        for name in NAMES:
            if name != "INBOX":
                self.write(lambda tx, name=name: tx.create_mailbox(name))
            self.model[name], self.next[name] = {}, 1

    def write(self, job, heavy=False):
        async def run():
            return await self.store.write(ALICE, job, heavy=heavy)

        return self.runner.run(run())

    def box(self, name):
        return self.store.glance(ALICE, lambda tx: tx.mailbox_named(name)).mailbox_id

    def within(self, name, found):
        return [uid for uid in sorted(self.model[name]) if any(a <= uid <= b for a, b in found)]

    def put(self, name, place):
        self.model[name][self.next[name]] = place
        self.next[name] += 1
        return self.next[name] - 1

    def parsed(self, body):
        return new_email(self.store, body)._replace(envelope=body)

    @rule(name=boxes, flags=bits, keywords=words, count=st.integers(1, 3))
    def add(self, name, flags, keywords, count):
        bodies = [b"body %d" % (self.count + n) for n in range(count)]
        self.count += count
        emails = [(self.parsed(body), Flags(flags), " ".join(keywords)) for body in bodies]
        box = self.box(name)
        added = self.write(lambda tx: tx.add_many(box, emails))
        assert [uid for uid, _ in added] == [self.put(name, Place(body, flags, keywords)) for body in bodies]

    @rule(name=boxes, found=ranges, add=bits, remove=bits, plus=words, minus=words, replace=st.booleans())
    def change(self, name, found, add, remove, plus, minus, replace):
        box = self.box(name)
        changed, refused = self.write(
            lambda tx: tx.change_keywords(
                box, found, add=Flags(add), remove=Flags(remove), add_keywords=plus, remove_keywords=minus,
                replace=replace,
            )
        )  # fmt: skip
        expected = []
        for uid in self.within(name, found):
            place = self.model[name][uid]
            before = place.state()
            place.flags = add if replace else (place.flags & ~remove) | add
            place.keywords = plus if replace else (place.keywords - minus) | plus
            if place.state() != before:
                expected.append(uid)
        assert (list(changed), refused) == (expected, [])

    @rule(name=boxes, to_name=boxes, found=ranges, heavy=st.booleans())
    def copy(self, name, to_name, found, heavy):
        source, to = self.box(name), self.box(to_name)
        uids = self.within(name, found)
        pairs = self.write(lambda tx: tx.copy(source, found, to), heavy)
        assert pairs == [(uid, self.put(to_name, self.model[name][uid].copy())) for uid in uids]

    @rule(name=boxes, to_name=boxes, found=ranges)
    def move(self, name, to_name, found):
        source, to = self.box(name), self.box(to_name)
        uids = self.within(name, found)
        pairs = self.write(lambda tx: tx.move(source, found, to))
        assert pairs == [(uid, self.put(to_name, self.model[name].pop(uid))) for uid in uids]

    @rule(name=boxes, found=st.none() | ranges, only_deleted=st.booleans())
    def expunge(self, name, found, only_deleted):
        box = self.box(name)
        uids = [
            uid
            for uid in self.within(name, [(1, 10**6)] if found is None else found)
            if not only_deleted or self.model[name][uid].flags & Flags.DELETED
        ]
        assert self.write(lambda tx: tx.expunge(box, found, only_deleted=only_deleted)) == uids
        for uid in uids:
            del self.model[name][uid]

    @rule(first=boxes, second=boxes)
    def swap_names(self, first, second):
        """Rename there and back again, through a third name."""
        if first == second or "INBOX" in (first, second) or {first, second} == {"a", "a/b"}:
            return
        one = self.box(first)
        try:
            self.write(lambda tx: tx.rename_mailbox(one, second))
        except (AlreadyExists, BadName):
            pass
        else:
            raise AssertionError("renamed over another mailbox")
        self.write(lambda tx: (tx.rename_mailbox(one, "t/u"), tx.rename_mailbox(one, first)))

    @rule(name=st.sampled_from(("a/b", "c")))
    def make_anew(self, name):
        old = self.store.glance(ALICE, lambda tx: tx.mailbox_named(name))
        self.write(lambda tx: tx.delete_mailbox(old.mailbox_id))
        new = self.write(lambda tx: tx.create_mailbox(name))
        assert new.uid_validity > old.uid_validity
        self.model[name], self.next[name] = {}, 1

    @rule(name=boxes)
    def fail(self, name):
        box, new = self.box(name), new_email(self.store)

        def job(tx):
            tx.add(box, new)
            tx.expunge(box, only_deleted=False)
            raise KeyError

        try:
            self.write(job)
        except KeyError:
            pass

    @invariant()
    def the_store_says_what_the_model_says(self):
        if not hasattr(self, "store"):
            return
        for name, places in self.model.items():
            box = self.store.glance(ALICE, lambda tx, name=name: tx.mailbox_named(name))
            rows = self.store.glance(ALICE, lambda tx, box=box: tx.flags(box.mailbox_id, ((1, 10**6),)))
            assert [(uid, flags, words) for uid, _, flags, words in rows] == [
                (uid, *place.state()) for uid, place in sorted(places.items())
            ]
            assert (box.uid_next, box.message_count) == (self.next[name], len(places))

    def teardown(self):
        if not hasattr(self, "store"):
            return

        async def end():
            found = [str(fault) async for fault in verify(self.store)]
            bodies = {
                name: [bytes(b) for b in self.store.blobs.read_many([ref for _, _, ref in self.blobs(name)])]
                for name in self.model
            }
            parsed = {name: [message.envelope for message in self.messages(name)] for name in self.model}
            await close_store(self.store)
            return found, bodies, parsed

        found, bodies, parsed = self.runner.run(end())
        self.runner.close()
        self.folder.cleanup()
        assert found == []
        wanted = {name: [p.body for _, p in sorted(ps.items())] for name, ps in self.model.items()}
        assert bodies == wanted and parsed == wanted

    def messages(self, name):
        box = self.box(name)
        return self.store.glance(ALICE, lambda tx: tx.messages(box, ((1, 10**6),)))

    def blobs(self, name):
        box = self.box(name)
        return self.store.glance(ALICE, lambda tx: tx.blobs(box, ((1, 10**6),)))


Model.TestCase.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestModel = Model.TestCase
