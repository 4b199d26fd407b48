"""Two accounts with directory, flow and queue, asked through the real dispatch."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bocau.base.ids import AccountId, EmailId
from bocau.directory import Login
from bocau.flow.submission.held import HeldSender
from bocau.flow.tests.conftest import World
from bocau.flow.tests.conftest import world as world  # a fixture
from bocau.formats.address import parse_address
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import BOCAU, CORE, MAIL, MDN, QUOTA, SUBMISSION, VACATION
from bocau.services.jmap.context import Caller, Context, JmapRooms
from bocau.services.jmap.dispatch import Request, run
from bocau.services.jmap.methods import METHODS
from bocau.store.email import new_email

DRAFT = (
    b"From: Alice <alice@here.test>\r\nTo: bob@here.test\r\nSubject: hello\r\n"
    b"Message-ID: <1@here.test>\r\n\r\nhi\r\n"
)


class SendingDesk:
    """`await desk.call("Identity/get")` as alice."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.account: AccountId = world.accounts[name].account_id
        self.more: list[tuple[str, dict[str, Any]]] = []
        log: Any = world.log
        rooms = JmapRooms(world.store, world.directory, world.flow, world.clock, None, log)
        login = Login(self.account, parse_address(f"{name}@here.test"), None, 1)
        using = frozenset((CORE, MAIL, SUBMISSION, VACATION, MDN, QUOTA, BOCAU))
        self.context = Context(rooms, Caller(login, "127.0.0.1"), using)

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """An "error" response comes as {"error": type, …}; `more`: the responses after the first."""
        calls = [(method, {"accountId": ids.account_id(self.account), **arguments}, "0")]
        first, *others = await run(Request(self.context.using, calls, None), self.context, METHODS)
        self.more = [(name, told) for name, told, _ in others]
        name, told, _ = first
        return told if name == method else {"error": told["type"], **told}

    async def draft(self, data: bytes = DRAFT, mailbox: str = "Drafts") -> str:
        """The id of a new email."""
        email = new_email(data, self.world.store.blobs.stage(data), int(self.world.clock.now()))

        def job(tx: Any) -> EmailId:
            added: EmailId = tx.add(tx.mailbox_named(mailbox).mailbox_id, email)[1]
            return added

        return ids.email_id(await self.world.store.write(self.account, job))

    async def identity(self) -> str:
        """The id of the account's own identity."""
        told = await self.call("Identity/get")
        found: str = told["list"][0]["id"]
        return found

    async def submit(self, email: str, **more: Any) -> dict[str, Any]:
        """EmailSubmission/set with one creation, "k"."""
        arguments = {name: more.pop(name) for name in list(more) if name.startswith("onSuccess")}
        new = {"identityId": await self.identity(), "emailId": email, **more}
        return await self.call("EmailSubmission/set", create={"k": new}, **arguments)

    def sender(self) -> HeldSender:
        world = self.world
        log: Any = world.log
        return HeldSender(
            world.store,
            world.directory,
            world.flow,
            world.bell.listen,
            world.clock,
            log,
            world.settings,
        )


@pytest.fixture
async def alice(world: World, tmp_path: Path) -> AsyncIterator[SendingDesk]:
    await world.account("alice")
    await world.account("bob")
    yield SendingDesk(world, "alice")
