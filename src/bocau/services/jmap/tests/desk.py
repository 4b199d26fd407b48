"""One account with a real store, asked through the real dispatch: what a request does, without HTTP."""

from pathlib import Path
from typing import Any, cast

from bocau.base.ids import AccountId, EmailId
from bocau.database import Database, DatabaseSettings
from bocau.directory import Login
from bocau.formats.address import Address
from bocau.runtime.clock import SystemClock
from bocau.runtime.log import get_log
from bocau.services.jmap.capabilities import BLOB, BOCAU, CORE, MAIL
from bocau.services.jmap.context import Caller, Context, JmapRooms
from bocau.services.jmap.dispatch import Request, run
from bocau.services.jmap.methods import METHODS
from bocau.store import STORE_SCHEMA, Blobs, Flags, LocalBell, MailStore
from bocau.store.email import new_email

ALICE = AccountId(1)
BOB = AccountId(2)


class Desk:
    """`await desk.call("Email/get", ids=[…])` is the answer's arguments."""

    def __init__(self, store: MailStore) -> None:
        self.store = store
        nobody = cast("Any", None)
        self.rooms = JmapRooms(store, nobody, nobody, SystemClock(), None, get_log("jmap"))
        login = Login(ALICE, Address("alice", "example.org"), None, 1)
        self.context = Context(self.rooms, Caller(login, "127.0.0.1"), frozenset((CORE, MAIL, BLOB, BOCAU)))

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """With the account's id; an "error" response comes as {"error": type, …}."""
        return await self.call_bare(method, accountId=f"A{ALICE}", **arguments)

    async def call_bare(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The same without the account's id."""
        calls = [(method, arguments, "0")]
        name, told, _ = (await run(Request(self.context.using, calls, None), self.context, METHODS))[0]
        return told if name == method else {"error": told["type"], **told}

    async def deliver(
        self, data: bytes, mailbox: str = "INBOX", *, flags: Flags = Flags(0), keywords: str = ""
    ) -> EmailId:
        """Put a message in a mailbox."""
        email = new_email(data, self.store.blobs.stage(data, ALICE), 1_600_000_000)

        def job(tx: Any) -> EmailId:
            return cast("EmailId", tx.add(tx.mailbox_named(mailbox).mailbox_id, email, flags, keywords)[1])

        return await self.store.write(ALICE, job)

    def mailbox_id(self, name: str = "INBOX") -> str:
        box = self.store.glance(ALICE, lambda tx: tx.mailbox_named(name))
        return f"F{ALICE}-{box.mailbox_id}"


async def open_desk(folder: Path) -> Desk:
    database = await Database.open(DatabaseSettings(folder / "bocau.sqlite"), [STORE_SCHEMA])
    store = MailStore(database, Blobs(folder / "packs"), LocalBell())
    for account in (ALICE, BOB):
        await store.write(account, lambda tx: tx.create_account())
    return Desk(store)


async def close_desk(desk: Desk) -> None:
    await desk.store.database.close()
    desk.store.blobs.close()
