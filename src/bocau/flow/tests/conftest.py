"""A flow on real rooms: database, packs, store, directory; with DNS as a dict, a clock to turn and a log to
read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bocau.base.errors import DnsUnavailable
from bocau.base.ids import AccountId
from bocau.database import Database, DatabaseSettings
from bocau.directory import Account, Directory, DirectorySettings, PasswordSettings
from bocau.flow.flow import MailFlow
from bocau.flow.outbound import Outbound
from bocau.flow.outbound.timeouts import REPLY_SECONDS
from bocau.flow.queue.runner import QueueRunner
from bocau.flow.settings import FlowSettings, OutboundSettings
from bocau.flow.tests.remote import Remote
from bocau.flow.values import Arrived, BodyType, Envelope, Notify, Origin, Recipient
from bocau.formats.address import parse_address
from bocau.runtime.resolver import MxRecord
from bocau.store import STORE_SCHEMA, Blobs, LocalBell, MailStore
from bocau.store.queue import QueuedMessage

SCHEMAS = (STORE_SCHEMA, ("directory", "bocau.directory", "sql/sqlite"))
NOW = 1_800_000_000.0
CHEAP = DirectorySettings(
    passwords=PasswordSettings(argon2_memory_kib=64, argon2_passes=1, scram_iterations=4_096)
)
MAIL = b"From: alice@here.test\r\nTo: x@there.test\r\nSubject: hello\r\n\r\n.dot\r\nbody\r\n"


class Clock:
    """Stands still for `now()`; `monotonic()` follows it, so that pauses pass with it."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


@dataclass
class Log:
    """Keeps what is logged."""

    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def debug(self, event: str, **facts: object) -> None:
        self.lines.append((event, facts))

    info = warning = error = debug

    def exception(self, event: str, error: BaseException, **facts: object) -> None:
        raise AssertionError(event) from error

    def events(self, event: str) -> list[dict[str, Any]]:
        return [facts for name, facts in self.lines if name == event]


@dataclass
class Dns:
    """`mx`, `hosts`: what is known; a name in `broken` is not answered now."""

    mx_of: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def _check(self, name: str) -> None:
        if name in self.broken:
            raise DnsUnavailable(f"{name}: SERVFAIL")

    async def mx(self, domain: str) -> list[MxRecord]:
        self._check(domain)
        return [MxRecord(*record) for record in self.mx_of.get(domain, [])]

    async def addresses(self, host: str) -> list[str]:
        self._check(host)
        return self.hosts.get(host, [])

    async def exists(self, name: str) -> bool:
        self._check(name)
        return name in self.mx_of or name in self.hosts


@dataclass
class World:
    database: Database
    store: MailStore
    directory: Directory
    clock: Clock
    bell: LocalBell
    dns: Dns = field(default_factory=Dns)
    log: Log = field(default_factory=Log)
    settings: FlowSettings = field(default_factory=lambda: FlowSettings("mail.here.test"))
    accounts: dict[str, Account] = field(default_factory=dict)
    remotes: list[Remote] = field(default_factory=list)

    @property
    def flow(self) -> MailFlow:
        return MailFlow(self.store, self.directory, self.clock, self.log, self.settings)

    async def account(self, name: str, limit_bytes: int | None = None) -> AccountId:
        address = parse_address(f"{name}@here.test")
        account = await self.directory.create_account(address, "password", quota_bytes=limit_bytes)
        await self.store.write(account.account_id, lambda tx: tx.create_account(limit_bytes=limit_bytes))
        self.accounts[name] = account
        return account.account_id

    def inbox(self, name: str) -> list[bytes]:
        """The bodies in somebody's INBOX, in order."""
        account = self.accounts[name].account_id

        def job(tx: Any) -> list[bytes]:
            refs = tx.blobs(tx.mailbox_named("INBOX").mailbox_id, [(1, 2**32 - 1)])
            return [self.store.blobs.read(ref) for _, _, ref in refs]

        return self.store.glance(account, job)

    def queue(self) -> list[QueuedMessage]:
        def job(tx: Any) -> list[QueuedMessage]:
            return [tx.queue.show(each.queue_id) for each in tx.queue.list()]

        return self.store.glance(AccountId(0), job)

    def arrived(
        self,
        *recipients: str | Recipient,
        sender: str = "alice@here.test",
        content: bytes = MAIL,
        protocol: str = "ESMTP",
        login: str | None = None,
        **envelope: Any,
    ) -> Arrived:
        rcpts = tuple(r if isinstance(r, Recipient) else Recipient(parse_address(r)) for r in recipients)
        path = parse_address(sender) if sender else None
        account_id = self.accounts[login].account_id if login else None
        origin = Origin("192.0.2.7", 4711, "client.test", protocol, account_id=account_id)
        return Arrived(Envelope(path, rcpts, **envelope), origin, content, "trace1", self.clock.now())

    async def remote(self, **script: Any) -> Remote:
        """A server for there.test."""
        remote = await Remote(**script).start()
        self.remotes.append(remote)
        self.dns.mx_of.setdefault("there.test", [(10, "mx.there.test")])
        self.dns.hosts.setdefault("mx.there.test", ["127.0.0.1"])
        self.port(remote.port)
        return remote

    def port(self, port: int) -> None:
        self.outbound_settings(port=port)

    def outbound_settings(self, **changes: Any) -> None:
        from dataclasses import replace

        self.settings = replace(self.settings, outbound=replace(self.settings.outbound, **changes))

    def outbound(self, **seconds: float) -> Outbound:
        limits = dict.fromkeys(REPLY_SECONDS, 0.08) if seconds.get("short") else REPLY_SECONDS
        return Outbound(self.store.blobs, self.dns, self.log, self.settings, limits)

    def runner(self, outbound: Any = None) -> QueueRunner:
        return QueueRunner(
            self.store,
            self.directory,
            outbound or self.outbound(),
            self.bell.listen,
            self.clock,
            self.log,
            self.settings,
        )

    async def run_queue(self, until: Any, runner: QueueRunner | None = None) -> None:
        """Run the queue until `until()` is true."""
        stop = asyncio.Event()
        task = asyncio.create_task((runner or self.runner()).run(stop))
        async with asyncio.timeout(10):
            while not until():
                if task.done():
                    task.result()
                await asyncio.sleep(0.002)
        stop.set()
        await task

    async def attempt(self, short: bool = False) -> None:
        """Run one attempt for everything that is due now, and settle it."""
        outbound = self.outbound(short=short)
        count = len(self.log.lines)
        ends = ("sent", "deferred", "bounced")

        def is_over() -> bool:
            leased = [r for m in self.queue() for r in m.recipients if r.status == 1]
            return not leased and any(name in ends for name, _ in self.log.lines[count:])

        await self.run_queue(is_over, self.runner(outbound))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock, bell = Clock(), LocalBell()
    database = await Database.open(DatabaseSettings(tmp_path / "bocau.sqlite"), SCHEMAS)
    blobs = Blobs(tmp_path / "packs", clock.now)
    store = MailStore(database, blobs, bell, clock.now)
    directory = Directory(database, CHEAP, clock, ring=lambda topics: None)
    await directory.create_domain("here.test")
    world = World(database, store, directory, clock, bell)
    yield world
    for remote in world.remotes:
        await remote.stop()
    await directory.close()
    await database.close()
    blobs.close()


def recipient(address: str, *notify: Notify, original: str | None = None) -> Recipient:
    return Recipient(parse_address(address), frozenset(notify) or None, original)


__all__ = ["BodyType", "Notify", "OutboundSettings", "World", "recipient"]
