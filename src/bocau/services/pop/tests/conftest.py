"""A POP3 service on a real store and directory, behind a real listener."""

import asyncio
import poplib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bocau.base.ids import AccountId
from bocau.database import Database, DatabaseSettings
from bocau.directory import Directory, DirectorySettings, PasswordSettings, ThrottleSettings
from bocau.formats.address import parse_address
from bocau.runtime.listener import Listener
from bocau.runtime.log import Level, Log
from bocau.runtime.tls import ServerTlsContext, ensure_self_signed, server_context
from bocau.services.pop import PopService, PopSettings
from bocau.store import STORE_SCHEMA, Blobs, Flags, LocalBell, MailStore, NewEmail

T = TypeVar("T")
NOBODY = AccountId(0)
NAME, PASSWORD = "alice@demo.test", "correct horse"
SCHEMAS = [STORE_SCHEMA, ("directory", "bocau.directory", "sql/sqlite")]
CHEAP = DirectorySettings(
    ThrottleSettings(delays_seconds=()),
    PasswordSettings(argon2_memory_kib=64, argon2_passes=1, scram_iterations=4_096),
)


class Clock:
    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


@dataclass
class Server:
    """One worker process's worth of POP3."""

    database: Database
    store: MailStore
    directory: Directory
    clock: Clock
    account_id: AccountId = NOBODY
    port: int = 0
    tls_port: int = 0
    listeners: list[Listener] = field(default_factory=list)

    async def add(self, *bodies: bytes, flags: Flags = Flags(0)) -> list[int]:
        emails = [
            NewEmail(self.store.blobs.stage(body), len(body), 1, None, None, "", "", b"", b"")
            for body in bodies
        ]

        def job(writing: Any) -> list[int]:
            inbox = writing.mailbox_named("INBOX").mailbox_id
            return [uid for uid, _ in writing.add_many(inbox, [(email, flags, "") for email in emails])]

        return await self.store.write(self.account_id, job)

    async def expunge(self, uid: int) -> None:
        def job(writing: Any) -> None:
            inbox = writing.mailbox_named("INBOX").mailbox_id
            writing.expunge(inbox, [(uid, uid)], only_deleted=False)

        await self.store.write(self.account_id, job)

    def inbox(self) -> dict[int, int]:
        """uid → flags."""

        def job(reading: Any) -> dict[int, int]:
            inbox = reading.mailbox_named("INBOX").mailbox_id
            return {uid: flags for uid, flags, _ in reading.blobs(inbox, [(1, 2**32 - 1)])}

        return self.store.glance(self.account_id, job)

    def connect(self, *, login: bool = True) -> poplib.POP3:
        client = poplib.POP3("127.0.0.1", self.port, timeout=10)
        if login:
            client.user(NAME)
            client.pass_(PASSWORD)
        return client

    async def talk(self, job: Callable[[poplib.POP3], T], *, login: bool = True) -> T:
        """Run a blocking client in a thread."""

        def run() -> T:
            client = self.connect(login=login)
            try:
                return job(client)
            finally:
                client.close()

        return await asyncio.to_thread(run)

    async def raw(self, *flights: bytes) -> bytes:
        """Send flights, each after something was answered; return all that came until the server closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answers = await reader.readline()
        for flight in flights:
            writer.write(flight)
            answers += await reader.read(65536)
        if writer.can_write_eof():
            writer.write_eof()
        answers += await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answers


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ServerTlsContext:
    folder = tmp_path_factory.mktemp("tls")
    ensure_self_signed(folder / "c.pem", folder / "k.pem", ["localhost"])
    return server_context(folder / "c.pem", folder / "k.pem", protocol="pop3")


@pytest.fixture
def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


Start = Callable[..., Any]


@pytest.fixture
async def start(tmp_path: Path, tls: ServerTlsContext) -> AsyncIterator[Start]:
    """`await start()` starts a worker on the data directory; several share it."""
    servers: list[Server] = []

    async def make(*, plain: bool = True, delay: int = 0) -> Server:
        database = await Database.open(DatabaseSettings(tmp_path / "bocau.sqlite"), SCHEMAS)
        clock = Clock()
        bell = LocalBell()
        store = MailStore(database, Blobs(tmp_path / "packs"), bell)
        directory = Directory(database, CHEAP, clock, ring=bell.ring)
        server = Server(database, store, directory, clock)
        log = Log("pop")
        log.level = Level.ERROR
        settings = PopSettings(
            "mail.demo.test", tmp_path / "run", plain_on_loopback=plain, login_delay_seconds=delay
        )
        service = PopService(settings, store, directory, clock, log, tls)
        for context in (None, tls):
            sock = socket.create_server(("127.0.0.1", 0))
            listener = Listener(sock, service.serve, log=log, tls_context=context)
            listener.start()
            server.listeners.append(listener)
        server.port, server.tls_port = (listener.address[1] for listener in server.listeners)
        await _populate(server)
        servers.append(server)
        return server

    yield make
    for server in servers:
        for listener in server.listeners:
            await listener.stop(0.1)
        await server.directory.close()
        await server.database.close()


async def _populate(server: Server) -> None:
    if server.directory.domains():
        server.account_id = server.directory.account_named(parse_address(NAME)).account_id
        return
    await server.directory.create_domain("demo.test")
    account = await server.directory.create_account(parse_address(NAME), PASSWORD)
    server.account_id = account.account_id
    await server.store.write(account.account_id, lambda writing: writing.create_account())


@pytest.fixture
async def server(start: Start) -> Server:
    made: Server = await start()
    return made
