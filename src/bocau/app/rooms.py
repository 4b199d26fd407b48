"""The rooms of one process, opened in order and closed in reverse."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, TypeVar

from bocau.base.ids import AccountId
from bocau.config import Settings
from bocau.database import Database
from bocau.directory import Directory
from bocau.runtime.clock import SystemClock
from bocau.runtime.doorbell import Doorbell
from bocau.runtime.log import get_log
from bocau.store import STORE_SCHEMA, MailStore
from bocau.store.blobs import Blobs

if TYPE_CHECKING:
    from bocau.flow.flow import MailFlow
    from bocau.runtime.fetch import Fetcher
    from bocau.runtime.resolver import Resolver
    from bocau.store.queue import QueueReading, QueueWriting

T = TypeVar("T")

SCHEMAS: Final = (STORE_SCHEMA, ("directory", "bocau.directory", "sql/sqlite"))
EVERYBODY: Final = AccountId(0)
"""For jobs on the queue, which belongs to no account."""


@dataclass(frozen=True)
class Rooms:
    """What one process works with."""

    settings: Settings
    clock: SystemClock
    database: Database
    doorbell: Doorbell
    store: MailStore
    directory: Directory

    @cached_property
    def flow(self) -> "MailFlow":
        """Made when first asked for: most commands move no mail and need not import what does."""
        from bocau.flow.flow import MailFlow

        return MailFlow(self.store, self.directory, self.clock, get_log("flow"), self.settings.flow)

    @cached_property
    def resolver(self) -> "Resolver":
        from bocau.runtime.resolver import Resolver

        return Resolver(self.settings.resolver)

    @cached_property
    def fetcher(self) -> "Fetcher":
        """HTTP to the public web, on behalf of messages and clients."""
        from bocau.runtime.fetch import Fetcher

        return Fetcher(self.resolver)

    def queue_read(self, job: "Callable[[QueueReading], T]") -> T:
        """Look into the outgoing queue, now."""
        return self.store.glance(EVERYBODY, lambda reading: job(reading.queue))

    async def queue_write(self, job: "Callable[[QueueWriting], T]") -> T:
        """Change the outgoing queue; the runner hears of it."""
        return await self.store.write(EVERYBODY, lambda writing: job(writing.queue))


@asynccontextmanager
async def open_rooms(
    settings: Settings, name: str = "command", *, hears: bool = False, accounts: bool = True
) -> AsyncIterator[Rooms]:
    """Open all rooms on the data directory. `hears`: listen to the doorbells of other processes; `accounts`:
    to those of accounts, too."""
    clock = SystemClock()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = await Database.open(settings.database, SCHEMAS)
    poll = partial(_data_version, database) if hears else None
    doorbell = Doorbell(settings.data_dir, name, poll=poll, accounts=accounts)
    blobs = Blobs(settings.data_dir / "packs", clock.now)
    store = MailStore(database, blobs, doorbell, clock.now)
    directory = Directory(database, settings.directory, clock, ring=doorbell.ring)
    rooms = Rooms(settings, clock, database, doorbell, store, directory)
    if hears:
        doorbell.start()
    try:
        yield rooms
    finally:
        if "resolver" in vars(rooms):
            await rooms.resolver.close()
        await directory.close()
        await database.close()
        doorbell.close()
        blobs.close()


def _data_version(database: Database) -> int:
    return int(database.read(lambda sql: sql.value("PRAGMA data_version")))


def home_domain(rooms: Rooms) -> str:
    """The domain of names without one: the host name's own, or the one it lies in, or the first."""
    hostname: str = rooms.settings.file.hostname
    domains = [domain.name for domain in rooms.directory.domains() if not domain.is_disabled]
    around = [name for name in domains if hostname == name or hostname.endswith(f".{name}")]
    return max(around, key=len, default=domains[0] if domains else hostname)
