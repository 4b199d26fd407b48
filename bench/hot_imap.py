"""The hot loops of IMAP: parsing commands, selecting, formatting FETCH.

    .venv/bin/python bench/hot_imap.py [messages]


One process, no socket: CPU time of our own code over a real store in a temporary folder.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bocau.base.ids import AccountId
from bocau.database import Database, DatabaseSettings
from bocau.directory import Login, LoginAttempt
from bocau.formats.address import Address
from bocau.protocols.imap import ImapEngine, State
from bocau.services.imap import ImapService, ImapSettings
from bocau.services.imap.session import ImapSession
from bocau.store import STORE_SCHEMA, Flags, MailStore, NewEmail
from bocau.store.blobs import Blobs
from bocau.store.email import new_email

ACCOUNT = AccountId(1)
COMMANDS = (
    b"a1 NOOP\r\n",
    b'a2 LOGIN "alice@example.org" "secret"\r\n',
    b"a3 SELECT INBOX\r\n",
    b"a4 UID FETCH 1:* (FLAGS)\r\n",
    b"a5 UID FETCH 17 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date)])\r\n",
    b"a6 UID STORE 17 +FLAGS.SILENT (\\Seen)\r\n",
    b"a7 UID SEARCH UNSEEN SINCE 1-Jan-2024\r\n",
)
THUNDERBIRD = (
    "(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority"
    " X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])"
)
FETCHES = (
    "FETCH 1:* (FLAGS)",
    "UID FETCH 1:* (FLAGS)",
    "FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)",
    f"UID FETCH 1:* {THUNDERBIRD}",
    "FETCH 1:* (UID BODY.PEEK[])",
    "UID SEARCH UNSEEN",
    "UID SEARCH SUBJECT needle",
    "UID SEARCH BODY needle",
)


class Silence:
    """A connection whose peer reads everything at once."""

    tls = None
    peer_host = "127.0.0.1"
    wants_flush = False
    has_input = False

    def __init__(self) -> None:
        self.byte_count = 0

    def write(self, *segments: Any) -> None:
        self.byte_count += sum(map(len, segments))

    async def flush(self, timeout_seconds: float = 1.0) -> None: ...


class Nobody:
    """A directory of one, and a doorbell that nobody hears."""

    async def login(self, name: str, password: str, attempt: LoginAttempt) -> Login:
        return Login(ACCOUNT, Address("alice", "example.org"), None, 1)

    def account(self, account_id: AccountId) -> SimpleNamespace:
        return SimpleNamespace(is_admin=False)

    def ring(self, topics: Iterable[str]) -> None: ...

    def listen(self, topic: str, heard: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


def message(number: int, size: int = 2000) -> bytes:
    head = (
        f"From: Sender {number % 500} <sender{number % 500}@example.net>\r\nTo: alice@example.org\r\n"
        f"Subject: number {number}\r\nDate: Mon, 7 Feb 2022 21:52:25 -0800\r\n"
        f"Message-ID: <{number}@example.net>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    ).encode()
    return (
        head
        + (b"forty characters of text make up a line\r\n" * (size // 41 + 1))[: size - len(head) - 2]
        + b"\r\n"
    )


async def say(session: ImapSession, *lines: str) -> None:
    session.engine.receive("".join(f"a {line}\r\n" for line in lines).encode())
    while not session.is_over and (event := session.engine.next_event()) is not None:
        await session.handle(event)


def parsing() -> None:
    engine = ImapEngine()
    for line in COMMANDS:
        engine.state = State.NOT_AUTHENTICATED if b"LOGIN" in line else State.SELECTED
        rounds = 20_000
        start = time.process_time()
        for _ in range(rounds):
            engine.receive(line)
            engine.next_event()
        print(f"parse {line[:40]!r:46} {(time.process_time() - start) / rounds * 1e6:8.2f} µs")


async def logins(service: ImapService) -> None:
    rounds = 1000
    start = time.process_time()
    for _ in range(rounds):
        session = ImapSession(service, Silence())  # type: ignore[arg-type]
        await session.begin()
        await say(session, "LOGIN alice secret")
        await say(session, "SELECT INBOX")
        await say(session, "LOGOUT")
    print(f"login + SELECT + LOGOUT {(time.process_time() - start) / rounds * 1e6:31.1f} µs")


async def fetches(service: ImapService, count: int) -> None:
    wire = Silence()
    session = ImapSession(service, wire)  # type: ignore[arg-type]
    await say(session, "LOGIN alice secret", "SELECT INBOX")
    for line in FETCHES:
        wire.byte_count = 0
        start = time.process_time()
        await say(session, line)
        seconds = time.process_time() - start
        rate = wire.byte_count / seconds / 1e6
        print(f"{line[:60]:62} {seconds / count * 1e6:8.2f} µs a message {rate:8.1f} MB/s")


async def appends(service: ImapService) -> None:
    session = ImapSession(service, Silence())  # type: ignore[arg-type]
    await say(session, "LOGIN alice secret")
    body = message(1)
    command = b"a APPEND Sent (\\Seen) {%d+}\r\n%b\r\n" % (len(body), body)
    rounds = 300
    start, wall = time.process_time(), time.perf_counter()
    for _ in range(rounds):
        session.engine.receive(command)
        while (event := session.engine.next_event()) is not None:
            await session.handle(event)
    cpu, passed = time.process_time() - start, time.perf_counter() - wall
    print(f"APPEND 2 KB one by one {cpu / rounds * 1e6:32.1f} µs CPU {rounds / passed:12.0f}/s")


async def main(count: int) -> None:
    parsing()
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(DatabaseSettings(Path(folder) / "b.sqlite"), [STORE_SCHEMA])
        store = MailStore(database, Blobs(Path(folder) / "blobs"), Nobody())
        await store.write(ACCOUNT, lambda tx: tx.create_account())
        for first in range(0, count, 1000):
            emails = [_email(store, message(n)) for n in range(first, min(count, first + 1000))]
            await store.write(
                ACCOUNT,
                lambda tx, emails=emails: tx.add_many(
                    tx.mailbox_named("INBOX").mailbox_id, [(email, Flags.SEEN, "") for email in emails]
                ),
            )
        service = ImapService(store, Nobody(), ImapSettings(allows_plain_login=True))  # type: ignore[arg-type]
        await store.write(ACCOUNT, lambda tx: tx.claim_recent(tx.mailbox_named("INBOX").mailbox_id))
        await logins(service)
        await appends(service)
        await fetches(service, count)
        await database.close()


def _email(store: MailStore, data: bytes) -> NewEmail:
    return new_email(data, store.blobs.stage(data), 0)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
