"""The hot loops of Email/query: a whole mailbox in order, threads collapsed, a page of it.

    .venv/bin/python bench/hot_query.py [messages]

One process, no socket: CPU time of all threads over a real store in a temporary folder.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from bocau.base.ids import AccountId, MailboxId
from bocau.database import Database, DatabaseSettings
from bocau.directory import Login
from bocau.formats.address import Address
from bocau.formats.email_keys import EmailKeys
from bocau.runtime.clock import SystemClock
from bocau.runtime.log import get_log
from bocau.services.jmap.capabilities import CORE, MAIL
from bocau.services.jmap.context import Caller, Context, JmapRooms
from bocau.services.jmap.dispatch import Request, run
from bocau.services.jmap.methods import METHODS
from bocau.store import STORE_SCHEMA, Blobs, Flags, LocalBell, MailStore, NewEmail

ACCOUNT = AccountId(1)
RECEIVED_AT = 1_600_000_000
PORTION = 1000
NEWEST_FIRST = [{"property": "receivedAt", "isAscending": False}]


def context_of(store: MailStore) -> Context:
    nobody = cast("Any", None)
    rooms = JmapRooms(store, nobody, nobody, SystemClock(), None, get_log("jmap"))
    login = Login(ACCOUNT, Address("alice", "example.org"), None, 1)
    return Context(rooms, Caller(login, "127.0.0.1"), frozenset((CORE, MAIL)))


async def ask(context: Context, method: str, **arguments: Any) -> dict[str, Any]:
    calls = [(method, {"accountId": f"A{ACCOUNT}", **arguments}, "0")]
    name, told, _ = (await run(Request(context.using, calls, None), context, METHODS))[0]
    assert name == method, told
    return told


def email(store: MailStore, number: int, received_at: int, thread: int) -> NewEmail:
    body = b"Subject: number %d\r\n\r\nwords\r\n" % number
    keys = EmailKeys(
        subject_key=f"number {number % 5000}", from_name=f"sender {number % 500}", thread_keys=(thread,)
    )
    return NewEmail(
        store.blobs.stage(body), len(body) + number % 5000, received_at, received_at, None,
        f"number {number}", "sender@example.net", b"()", b"()", "words", keys=keys,
    )  # fmt: skip


async def filled(store: MailStore, count: int) -> MailboxId:
    """Messages as they come over years, a quarter of them out of order, three in a thread."""
    rnd = random.Random(1)
    await store.write(ACCOUNT, lambda tx: tx.create_account())
    box = store.glance(ACCOUNT, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
    for start in range(0, count, PORTION):
        some = []
        for number in range(start, min(count, start + PORTION)):
            when = RECEIVED_AT + (number if number % 4 else rnd.randrange(count)) * 60
            some.append((email(store, number, when, rnd.randrange(count // 3)), Flags(number % 2), ""))
        await store.write(ACCOUNT, lambda tx, some=some: tx.add_many(box, some), heavy=True)  # type: ignore[misc]
    return box


async def timed(what: str, rounds: int, work: Callable[[], Awaitable[Any]]) -> None:
    start = time.process_time()
    for _ in range(rounds):
        await work()
    print(f"{what:60} {(time.process_time() - start) / rounds * 1e3:9.3f} ms")


async def measure(store: MailStore, count: int) -> None:
    box = await filled(store, count)
    context = context_of(store)
    inbox = f"F{ACCOUNT}-{box}"

    def query(position: int = 0, **more: Any) -> Callable[[], Awaitable[Any]]:
        asked = {
            "filter": {"inMailbox": inbox}, "sort": NEWEST_FIRST, "collapseThreads": True, "limit": 50,
            "calculateTotal": True, "position": position,
        } | more  # fmt: skip
        return lambda: ask(context, "Email/query", **asked)

    await timed("first after start", 1, query())
    await timed("warm", 200, query())
    await timed("warm, in the middle", 200, query(count // 4))
    told = await query()()
    serial = count
    for what in ("after one new message", "after another"):
        serial += 1
        new = email(store, serial, RECEIVED_AT + serial * 60, serial % (count // 3))
        await store.write(ACCOUNT, lambda tx, new=new: tx.add(box, new))  # type: ignore[misc]
        await timed(what, 1, query())
    changes = {"filter": {"inMailbox": inbox}, "sort": NEWEST_FIRST, "collapseThreads": True}
    state = told["queryState"]
    await timed("changes", 20, lambda: ask(context, "Email/queryChanges", sinceQueryState=state, **changes))
    await store.write(ACCOUNT, lambda tx: tx.change_keywords(box, ((5, 5),), add=Flags.FLAGGED))
    await timed("after one flag", 1, query())
    await store.write(ACCOUNT, lambda tx: tx.expunge(box, ((7, 7),), only_deleted=False))
    await timed("after one expunge", 1, query())
    unseen = {"inMailbox": inbox, "notKeyword": "$seen"}
    await timed("unseen, first", 1, query(filter=unseen))
    await timed("unseen, second page", 20, query(50, filter=unseen))
    await timed("whole account, first", 1, query(filter={}))
    await timed("whole account, warm", 100, query(filter={}))
    await store.write(ACCOUNT, lambda tx: tx.add(box, email(store, serial + 1, RECEIVED_AT, serial + 1)))
    await timed("whole account, after one new message", 1, query(filter={}))
    some = {"inMailbox": inbox, "someInThreadHaveKeyword": "$seen"}
    await timed("some in thread have keyword", 1, query(filter=some))
    await timed("by subject, first", 1, query(sort=[{"property": "subject"}]))
    await timed("by subject, warm", 100, query(sort=[{"property": "subject"}]))


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        database = await Database.open(DatabaseSettings(path / "bocau.sqlite"), [STORE_SCHEMA])
        store = MailStore(database, Blobs(path / "packs"), LocalBell())
        try:
            await measure(store, count)
        finally:
            await database.close()
            store.blobs.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
