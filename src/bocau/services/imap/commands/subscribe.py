"""SUBSCRIBE and UNSUBSCRIBE (RFC 9051 §6.3.7, §6.3.8)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Subscribe, Unsubscribe

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Subscribe | Unsubscribe) -> None:
    wanted = isinstance(command, Subscribe)
    name = command.mailbox
    await session.store.write(session.account_id, lambda writing: writing.subscribe(name, wanted))
    await session.ok(command, f"{type(command).__name__.upper()} completed")
