"""A client that applies Email/queryChanges to its list has what Email/query gives (RFC 8620 §5.6)."""

import random
from dataclasses import replace

import pytest

from bocau.services.jmap.finding import sorting
from bocau.services.jmap.finding.kept import Kept
from bocau.store import Flags, columns
from bocau.store.columncache import ColumnCache

from .desk import ALICE, Desk

NEWEST = [{"property": "receivedAt", "isAscending": False}]
BOXES = ("INBOX", "Archive", "Junk")


def asked(desk: Desk) -> list[dict]:
    inbox, junk = desk.mailbox_id(), desk.mailbox_id("Junk")
    filters = [
        None,
        {"inMailbox": inbox},
        {"inMailbox": inbox, "notKeyword": "$seen"},
        {"inMailboxOtherThan": [junk]},
        {"inMailbox": inbox, "someInThreadHaveKeyword": "$flagged"},
        {"allInThreadHaveKeyword": "$seen"},
        {"text": "even"},
        {"operator": "NOT", "conditions": [{"inMailbox": junk}, {"hasKeyword": "work"}]},
    ]
    sorts = [
        NEWEST,
        [{"property": "subject"}, {"property": "receivedAt"}],
        [{"property": "hasKeyword", "keyword": "$flagged", "isAscending": False}, *NEWEST],
        [{"property": "someInThreadHaveKeyword", "keyword": "$seen"}, {"property": "size"}],
    ]
    return [
        {"filter": filter, "sort": sort, "collapseThreads": collapse}
        for filter in filters
        for sort in sorts
        for collapse in (False, True)
    ]


def applied(known: list[str], changes: dict) -> list[str]:
    """As a client does it: take out what is removed, put in what is added, from the beginning."""
    gone = set(changes["removed"])
    found = [one for one in known if one not in gone]
    for added in changes["added"]:
        found.insert(added["index"], added["id"])
    return found


class Mail:
    """Random verbs of a user and of the world."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.rnd = random.Random(seed)
        self.count = 0

    async def change(self) -> None:
        await self.rnd.choice((self.deliver, self.deliver, self.flag, self.move, self.expunge, self.share))()

    async def deliver(self) -> None:
        self.count += 1
        thread = self.rnd.randrange(4)
        word = "even" if self.count % 2 == 0 else "odd"
        head = f"Message-ID: <{self.count}@x>\r\nReferences: <t{thread}@x>\r\nSubject: {thread}\r\n"
        data = f"{head}\r\n{word}\r\n".encode()
        await self.desk.deliver(data, self.rnd.choice(BOXES), flags=Flags(self.rnd.randrange(8) & 5))

    async def _with(self, job) -> None:
        def run(tx):
            box = tx.mailbox_named(self.rnd.choice(BOXES)).mailbox_id
            uids = tx.uids(box)
            if uids:
                uid = self.rnd.choice(uids)
                job(tx, box, ((uid, min(uid + self.rnd.randrange(2), uids[-1])),))

        await self.desk.store.write(ALICE, run)

    async def flag(self) -> None:
        bits = (Flags.SEEN, Flags.FLAGGED, Flags.DELETED, Flags(0))
        bit, word = self.rnd.choice(bits), self.rnd.choice(("", "work"))
        words = [word] if word else []
        if self.rnd.random() < 0.5:
            await self._with(lambda tx, box, uids: tx.change_keywords(box, uids, add=bit, add_keywords=words))
        else:
            await self._with(
                lambda tx, box, uids: tx.change_keywords(box, uids, remove=bit, remove_keywords=words)
            )

    async def move(self) -> None:
        target = self.desk.store.glance(ALICE, lambda tx: tx.mailbox_named(self.rnd.choice(BOXES))).mailbox_id
        await self._with(lambda tx, box, uids: tx.move(box, uids, target) if box != target else None)

    async def share(self) -> None:
        """Another place, or one place less."""
        found = (await self.desk.call("Email/query"))["ids"]
        one, box = self.rnd.choice(found or ["M1"]), self.desk.mailbox_id(self.rnd.choice(BOXES))
        is_set = self.rnd.random() < 0.6
        await self.desk.call("Email/set", update={one: {f"mailboxIds/{box}": True if is_set else None}})

    async def expunge(self) -> None:
        await self._with(lambda tx, box, uids: tx.expunge(box, uids, only_deleted=False))


@pytest.mark.parametrize("seed", range(4))
async def test_changes_lead_to_the_list(desk: Desk, seed):
    mail = Mail(desk, seed)
    for _ in range(10):
        await mail.deliver()
    queries = asked(desk)
    known: list[tuple[list[str], str]] = [([], "")] * len(queries)
    for number, query in enumerate(queries):
        told = await desk.call("Email/query", **query)
        known[number] = told["ids"], told["queryState"]
    for _ in range(8):
        for _ in range(mail.rnd.randrange(1, 4)):
            await mail.change()
        for number, query in enumerate(queries):
            if mail.rnd.random() < 0.3:
                continue  # this client comes back later
            before, since = known[number]
            changes = await desk.call(
                "Email/queryChanges", **query, sinceQueryState=since, calculateTotal=True
            )
            told = await desk.call("Email/query", **query)
            assert applied(before, changes) == told["ids"], query
            assert changes["total"] == len(told["ids"])
            assert changes["newQueryState"] == told["queryState"]
            known[number] = told["ids"], told["queryState"]


@pytest.mark.parametrize("few", [1, 500])
async def test_what_is_kept_is_what_would_be_made_anew(desk: Desk, few, monkeypatch):
    """An order that follows the mail of a mailbox is the one that sorting gives."""
    monkeypatch.setattr(sorting, "INSERTED_MAX", few)
    monkeypatch.setattr(columns, "FEW_GONE", few - 1)
    mail, filter = Mail(desk, 7), {"inMailbox": desk.mailbox_id()}
    sorts = (NEWEST, [{"property": "subject"}, {"property": "sentAt"}])
    queries = [
        {"filter": filter, "sort": sort, "collapseThreads": collapse}
        for sort in sorts
        for collapse in (False, True)
    ]
    for _ in range(12):
        await mail.deliver()
    for _ in range(60):
        for _ in range(mail.rnd.randrange(1, 3)):
            await mail.change()
        followed = [(await desk.call("Email/query", **query))["ids"] for query in queries]
        store = desk.store
        kept, store.columns = store.columns, ColumnCache()
        rooms = replace(desk.rooms, kept=Kept())
        assert followed == [await ids_of(desk, rooms, query) for query in queries]
        store.columns = kept


async def ids_of(desk: Desk, rooms, query: dict) -> list[str]:
    other = Desk(desk.store)
    other.context.rooms = other.rooms = rooms
    return (await other.call("Email/query", **query))["ids"]


async def test_a_flag_changes_no_list_that_asks_for_none(desk: Desk):
    """Also the client with 100,000 messages that marks all as read is told nothing."""
    await desk.deliver(b"Subject: x\r\n\r\n")
    query = {"filter": {"inMailbox": desk.mailbox_id()}, "sort": NEWEST, "collapseThreads": True}
    state = (await desk.call("Email/query", **query))["queryState"]
    box = desk.store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
    await desk.store.write(ALICE, lambda tx: tx.change_keywords(box, ((1, 1),), add=Flags.SEEN))
    told = await desk.call("Email/queryChanges", **query, sinceQueryState=state)
    assert (told["removed"], told["added"]) == ([], [])
    assert told["newQueryState"] != state


async def test_states_and_limits(desk: Desk):
    first = await desk.deliver(b"Subject: a\r\n\r\n")
    sort = [{"property": "subject"}]
    state = (await desk.call("Email/query", sort=sort))["queryState"]
    last = await desk.deliver(b"Subject: c\r\n\r\n")
    middle = await desk.deliver(b"Subject: b\r\n\r\n")

    async def changes(**arguments):
        return await desk.call("Email/queryChanges", sort=sort, sinceQueryState=state, **arguments)

    assert [one["id"] for one in (await changes())["added"]] == [f"M{middle}", f"M{last}"]
    assert (await changes(maxChanges=1))["error"] == "tooManyChanges"
    assert (await changes(maxChanges=0))["error"] == "invalidArguments"
    assert [one["id"] for one in (await changes(upToId=f"M{middle}"))["added"]] == [f"M{middle}"]
    assert (await changes(upToId=f"M{first}"))["added"] == []
    for wrong in ("999999999", "nonsense", "-1"):
        told = await desk.call("Email/queryChanges", sort=sort, sinceQueryState=wrong)
        assert told["error"] == "cannotCalculateChanges"
