"""UNAUTHENTICATE (RFC 8437): nothing of the login stays, only TLS does."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Unauthenticate
from bocau.protocols.imap.replies import Status, Tagged
from bocau.services.imap.recent import claim_recent

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Unauthenticate) -> None:
    if not session.service.settings.allows_unauthenticate:
        session.bad(command, "not available here")
        return
    claim_recent(session)
    session.close()
    session.reply(Tagged(command.tag, Status.OK, "UNAUTHENTICATE completed"))
    session.forget_login()
    if session.connection.is_compressed:
        # The layer ends behind our CRLF, the client's behind its own (RFC 8437 §4.1).
        session.engine.upgrade()
        session.connection.stop_compression()
