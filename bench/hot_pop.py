"""POP3's hot loops: `python -m bench.hot_pop`. RETR through the session without a socket, UIDL of a large
INBOX, a warm login, RCPT's look-up. Prints CPU microseconds of each."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bocau.database import Database, DatabaseSettings
from bocau.directory import Directory, DirectorySettings, LoginAttempt, Scope
from bocau.formats.address import parse_address
from bocau.runtime.clock import SystemClock
from bocau.runtime.log import get_log
from bocau.services.pop.commands import COMMANDS
from bocau.services.pop.delays import LoginDelays
from bocau.services.pop.locks import PopLocks
from bocau.services.pop.session import PopSession, Rooms
from bocau.services.pop.settings import PopSettings
from bocau.store import STORE_SCHEMA, Blobs, LocalBell, MailStore, NewEmail

NAME, PASSWORD = "alice@demo.test", "correct horse"
BODY = b"Subject: hello\r\n\r\n" + b"A line of text, sixty-four characters long, as mail has them.\r\n" * 31
RETRIEVED = 1_000
LISTED = 100_000


class Sink:
    """Stands where the connection is."""

    peer_host = "127.0.0.1"
    tls = None
    wants_flush = False

    def __init__(self) -> None:
        self.sent_bytes = 0

    def write(self, *segments: bytes) -> None:
        self.sent_bytes += sum(map(len, segments))

    async def flush(self) -> None: ...

    def abort(self) -> None: ...


async def feed(session: PopSession, data: bytes) -> None:
    session.engine.receive(data)
    while (event := session.engine.next_event()) is not None:
        await session.handle(event)


async def measure(label: str, count: int, job: Callable[[], Any], rounds: int = 5) -> None:
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        result = job()
        if asyncio.iscoroutine(result):
            await result
        best = min(best, time.process_time() - started)
    print(f"{label:48} {best / count * 1e6:8.2f} µs")


async def fill(store: MailStore, account_id: Any, count: int) -> None:
    ref = store.blobs.stage(BODY)
    email = NewEmail(ref, len(BODY), 1, None, None, "", "", b"", b"")

    def job(writing: Any) -> None:
        writing.add_many(writing.mailbox_named("INBOX").mailbox_id, [(email, 0, "")] * count)

    await store.write(account_id, job, heavy=True)


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bocau-bench-") as name:
        folder = Path(name)
        schemas = [STORE_SCHEMA, ("directory", "bocau.directory", "sql/sqlite")]
        database = await Database.open(DatabaseSettings(folder / "bocau.sqlite"), schemas)
        bell, clock = LocalBell(), SystemClock()
        store = MailStore(database, Blobs(folder / "packs"), bell)
        directory = Directory(database, DirectorySettings(), clock, ring=bell.ring)
        settings = PopSettings("bench.test", folder / "run", plain_on_loopback=True)
        locks, delays = PopLocks(folder / "run"), LoginDelays(folder / "run", 0)
        rooms = Rooms(settings, store, directory, clock, get_log("pop"), locks, delays, None)
        try:
            await run(rooms)
        finally:
            await directory.close()
            await database.close()


async def run(rooms: Rooms) -> None:
    directory, store = rooms.directory, rooms.store
    await directory.create_domain("demo.test")
    account = await directory.create_account(parse_address(NAME), PASSWORD)
    await store.write(account.account_id, lambda writing: writing.create_account())
    await fill(store, account.account_id, RETRIEVED)
    attempt = LoginAttempt("192.0.2.1", Scope.POP, True)
    address = parse_address(NAME)
    await directory.login(NAME, PASSWORD, attempt)

    async def logins() -> None:
        for _ in range(1_000):
            await directory.login(NAME, PASSWORD, attempt)

    await measure("warm login", 1_000, logins)
    await measure("expand (RCPT)", 1_000, lambda: [directory.expand(address) for _ in range(1_000)] and None)
    session = PopSession(Sink(), rooms, COMMANDS)  # type: ignore[arg-type]
    await feed(session, f"USER {NAME}\r\nPASS {PASSWORD}\r\n".encode())
    retrieval = b"".join(b"RETR %d\r\n" % (i + 1) for i in range(RETRIEVED))
    lines = [b"RETR %d\r\n" % (i + 1) for i in range(RETRIEVED)]

    async def one_by_one() -> None:
        for line in lines:
            await feed(session, line)

    await measure("RETR 2 KB, pipelined", RETRIEVED, lambda: feed(session, retrieval))
    await measure("RETR 2 KB, one by one", RETRIEVED, one_by_one)
    session.close()
    await fill(store, account.account_id, LISTED - RETRIEVED)
    await large(rooms)


async def large(rooms: Rooms) -> None:
    session = PopSession(Sink(), rooms, COMMANDS)  # type: ignore[arg-type]
    started, cpu = time.perf_counter(), time.process_time()
    await feed(session, f"USER {NAME}\r\nPASS {PASSWORD}\r\n".encode())
    print(f"{f'login to {LISTED:,} messages':48} {(time.perf_counter() - started) * 1e3:8.2f} ms")
    print(f"{'  of it CPU':48} {(time.process_time() - cpu) * 1e3:8.2f} ms")
    await measure("UIDL, a message", LISTED, lambda: feed(session, b"UIDL\r\n"))
    await measure("LIST, a message", LISTED, lambda: feed(session, b"LIST\r\n"))
    session.close()


if __name__ == "__main__":
    asyncio.run(main())
