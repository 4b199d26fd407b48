"""A real store and real sessions for tests; only the directory and the doorbell are fakes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bocau.base.errors import BadCredentials, NoSuchAccount
from bocau.base.ids import AccountId
from bocau.database import Database, DatabaseSettings
from bocau.directory import Account, Login, LoginAttempt
from bocau.formats.address import Address
from bocau.runtime.connection import Connection
from bocau.services.imap import ImapService, ImapSettings
from bocau.services.imap.session import ImapSession
from bocau.store import STORE_SCHEMA, Flags, MailStore, NewEmail
from bocau.store.blobs import Blobs
from bocau.store.email import new_email

ALICE = AccountId(1)
PASSWORD = "secret"


class Bell:
    """Rings in this process only, like `runtime.doorbell` on the loop's next turn."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Callable[[], None]]] = {}

    def ring(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for heard in list(self.heard.get(topic, ())):
                asyncio.get_running_loop().call_soon(heard)

    def listen(self, topic: str, heard: Callable[[], None]) -> Callable[[], None]:
        self.heard.setdefault(topic, []).append(heard)
        return lambda: self.heard[topic].remove(heard)


@dataclass
class Directory:
    """alice@example.org has account 1, bob@example.org account 2."""

    disabled: set[int] = field(default_factory=set)
    names: tuple[str, ...] = ("alice", "bob")

    async def login(self, name: str, password: str, attempt: LoginAttempt) -> Login:
        user = name.partition("@")[0]
        if user not in self.names or password != PASSWORD:
            raise BadCredentials("wrong name or password")
        account_id = AccountId(self.names.index(user) + 1)
        return Login(account_id, Address(user, "example.org"), None, account_id)

    async def login_by_token(self, token: str, name: str, attempt: LoginAttempt) -> Login:
        if token != f"token-of-{name.partition('@')[0]}":
            raise BadCredentials("wrong name or password")
        return await self.login(name, PASSWORD, attempt)

    def is_still_valid(self, login: Login) -> bool:
        return login.account_id not in self.disabled

    def account(self, account_id: AccountId) -> Account:
        if not 0 < account_id <= len(self.names):
            raise NoSuchAccount(str(account_id))
        address = Address(self.names[account_id - 1], "example.org")
        return Account(account_id, address, "", False, False, None, 0)

    def account_named(self, address: Address) -> Account:
        local_part, domain = address.key
        if domain != "example.org" or local_part not in self.names:
            raise NoSuchAccount(str(address))
        return self.account(AccountId(self.names.index(local_part) + 1))

    account_known_as = account_named


@dataclass
class Home:
    """One process's rooms."""

    store: MailStore
    bell: Bell
    directory: Directory
    service: ImapService
    received_at: int = 1_700_000_000

    def email(self, data: bytes) -> NewEmail:
        return new_email(data, self.store.blobs.stage(data), self.received_at)

    async def deliver(
        self, *bodies: bytes, mailbox: str = "INBOX", flags: Flags = Flags(0), account: AccountId = ALICE
    ) -> None:
        await self.store.write(
            account,
            lambda tx: tx.add_many(
                tx.mailbox_named(mailbox).mailbox_id, [(self.email(body), flags, "") for body in bodies]
            ),
        )


@asynccontextmanager
async def open_home(path: Path, settings: ImapSettings) -> AsyncIterator[Home]:
    database = await Database.open(DatabaseSettings(path / "bocau.sqlite"), [STORE_SCHEMA])
    bell, directory = Bell(), Directory()
    blobs = Blobs(path / "blobs")
    store = MailStore(database, blobs, bell)
    service = ImapService(store, directory, settings, doorbell=bell)  # type: ignore[arg-type]
    for number in range(len(directory.names)):
        await store.write(AccountId(number + 1), lambda tx: tx.create_account())
    try:
        yield Home(store, bell, directory, service)
    finally:
        await database.close()
        blobs.close()


SETTINGS = ImapSettings(allows_plain_login=True, append_bytes_max=3_000_000)


class Wire:
    """Stands for `runtime.connection.Connection`: keeps what is written, wakes who waits for input."""

    def __init__(self) -> None:
        self.tls = None
        self.peer_host = "127.0.0.1"
        self.said = b""
        self.has_input = False
        self.wants_flush = False
        self.is_compressed = False
        self.waits = asyncio.Event()
        self._woken = asyncio.Event()

    def write(self, *segments: bytes | memoryview) -> None:
        self.said += b"".join(segments)

    def send(self) -> bool:
        return False

    async def flush(self, timeout_seconds: float = 1.0) -> None: ...

    async def readable(self, timeout_seconds: float) -> None:
        self.waits.set()
        await self._woken.wait()
        self._woken.clear()
        self.waits.clear()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None: ...


class SessionPlayer:
    """Plays one session without a socket; what it says is taken after each step."""

    def __init__(self, home: Home) -> None:
        self.wire = Wire()
        self.session = ImapSession(home.service, self.wire)  # type: ignore[arg-type]
        self._answering: asyncio.Task[None] | None = None

    async def begin(self) -> bytes:
        await self.session.begin()
        return self.taken()

    def taken(self) -> bytes:
        said, self.wire.said = self.wire.said, b""
        return said

    async def receive(self, data: bytes) -> bytes:
        if self._answering is not None:
            self.wire.has_input = True
            self.wire.wake()
            await self._answering
            self.wire.has_input = False
        if self.session.is_over:
            return self.taken()
        self.session.engine.receive(data)
        self._answering = asyncio.create_task(self._answer())
        await self.settled()
        return self.taken()

    async def settled(self) -> None:
        """Until all is answered, or the session waits in IDLE."""
        answering = self._answering
        if answering is None:
            return
        waits = asyncio.create_task(self.wire.waits.wait())
        await asyncio.wait((answering, waits), return_when=asyncio.FIRST_COMPLETED, timeout=20)
        waits.cancel()
        if answering.done():
            self._answering = None
            answering.result()

    async def _answer(self) -> None:
        session = self.session
        while not session.is_over and (event := session.engine.next_event()) is not None:
            await session.handle(event)

    async def say(self, *lines: str) -> list[str]:
        """Send lines, return the lines of the answer."""
        data = "".join(f"{line}\r\n" for line in lines).encode()
        return (await self.receive(data)).decode("utf-8", "backslashreplace").split("\r\n")[:-1]

    async def upgrade(self) -> None: ...

    @property
    def is_over(self) -> bool:
        return self.session.is_over


async def log_in(home: Home, user: str = "alice") -> SessionPlayer:
    player = SessionPlayer(home)
    await player.begin()
    answer = await player.say(f"l LOGIN {user}@example.org {PASSWORD}")
    assert answer[-1].startswith("l OK"), answer
    return player


@asynccontextmanager
async def listening(home: Home) -> AsyncIterator[int]:
    """Serve on a port of 127.0.0.1."""
    tasks: set[asyncio.Task[None]] = set()

    def made(connection: Connection) -> None:
        async def serve() -> None:
            await home.service(connection)
            await connection.close()

        task = asyncio.get_running_loop().create_task(serve())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.get_running_loop().create_server(lambda: Connection(made), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
