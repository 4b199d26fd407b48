"""The flow's hot loop: CPU per received message between the SMTP session and the store.

    python bench/hot_flow.py [messages]

Store and directory answer at once, so what is left is checking, trace fields, expansion, outcomes and the
log's
facts. The design allows 60 µs for one recipient without the digest, and far less than ten times that for ten.
"""

import asyncio
import sys
import time
from types import SimpleNamespace
from typing import Any, cast

from bocau.base.ids import AccountId, EmailId, MailboxId, Uid
from bocau.directory import Directory, Expansion
from bocau.flow.flow import MailFlow
from bocau.flow.settings import FlowSettings
from bocau.flow.values import Arrived, Envelope, Origin, Recipient
from bocau.formats.address import Address
from bocau.runtime.clock import SystemClock
from bocau.runtime.log import Log
from bocau.store import BlobRef, MailStore

HEADER = (
    b"From: <a@client.example>\r\nTo: <b@demo.test>\r\nSubject: hello\r\nMessage-ID: <1@client.example>\r\n"
)
BODY = HEADER + b"\r\n" + (b"y" * 72 + b"\r\n") * 12
ROUNDS = 7


class Tx:
    account_id = AccountId(1)

    def of(self, account_id: AccountId) -> "Tx":
        return self

    def enforce_quota(self, more_bytes: int) -> None: ...

    def inbox_id(self) -> MailboxId:
        return MailboxId(1)

    def add(self, mailbox_id: MailboxId, email: object) -> tuple[Uid, EmailId]:
        return Uid(1), EmailId(1)


class InstantStore:
    blobs = SimpleNamespace(stage=lambda data: BlobRef(1, 0, len(data), b""))

    async def write(self, account: AccountId, job: Any) -> Any:
        return job(Tx())

    def glance(self, account: AccountId, job: Any) -> frozenset[AccountId]:
        """Nobody is away."""
        return frozenset()

    def listen_for(self, topic: str, heard: object) -> None: ...


class WarmDirectory:
    """Every address is an account of its own, looked up in a cache."""

    def __init__(self) -> None:
        self._cache: dict[Address, Expansion] = {}

    def expand(self, address: Address) -> Expansion:
        found = self._cache.get(address)
        if found is None:
            found = self._cache[address] = Expansion((AccountId(len(self._cache) + 1),), ())
        return found


class SilentLog:
    def info(self, event: str, **facts: object) -> None: ...


def measure(recipient_count: int, messages: int) -> float:
    """Microseconds of CPU a message, the best round."""
    store, directory = cast(MailStore, InstantStore()), cast(Directory, WarmDirectory())
    flow = MailFlow(store, directory, SystemClock(), cast(Log, SilentLog()), FlowSettings("mail.demo.test"))
    recipients = tuple(Recipient(Address(f"user{i}", "demo.test")) for i in range(recipient_count))
    envelope = Envelope(Address("a", "client.example"), recipients)
    arrived = Arrived(
        envelope, Origin("192.0.2.1", 4711, "client.example", "ESMTP"), BODY, "0123456789", time.time()
    )

    async def receive() -> None:
        for _ in range(messages):
            await flow.receive(arrived)

    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        asyncio.run(receive())
        best = min(best, (time.process_time() - started) / messages)
    return best * 1e6


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for recipient_count in (1, 10, 100):
        microseconds = measure(recipient_count, max(messages // recipient_count, 50))
        print(f"{recipient_count:4} recipients, 1 KB, digest included: {microseconds:7.1f} µs a message")


if __name__ == "__main__":
    main()
