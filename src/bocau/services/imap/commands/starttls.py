"""STARTTLS (RFC 9051 §6.2.1)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import StartTls
from bocau.protocols.imap.replies import Status, Tagged

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: StartTls) -> None:
    context = session.service.tls_context()
    if session.connection.tls is not None or context is None:
        session.bad(command, "TLS is not available here")
        return
    session.reply(Tagged(command.tag, Status.OK, "begin TLS now"))
    await session.connection.flush()
    # What was sent in clear text behind STARTTLS must never count as said inside TLS (CVE-2021-33515).
    session.engine.upgrade()
    await session.connection.start_tls(context)
    # Nor must what was said of the client: it would choose which mechanisms are offered (RFC 9051 §11.1).
    session.recognize(frozenset())
