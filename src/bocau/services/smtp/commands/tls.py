"""STARTTLS (RFC 3207). Input that came along is refused by the engine; the transport drops what it holds."""

from typing import TYPE_CHECKING

from bocau.protocols.smtp import Reply
from bocau.protocols.smtp.events import StartTlsAsked
from bocau.services.smtp import replies

if TYPE_CHECKING:
    from bocau.services.smtp.session import SmtpSession


async def start_tls(session: "SmtpSession", event: StartTlsAsked) -> Reply | None:
    """The 220 is the last thing in clear text; afterwards nothing that was said before counts."""
    connection, context = session.connection, session.service.tls_context
    if connection.tls is not None:
        return replies.TLS_ALREADY
    if context is None:
        return replies.TLS_UNAVAILABLE
    session.say(replies.READY_FOR_TLS)
    await connection.flush()
    await connection.start_tls(context)
    session.engine.upgraded()
    session.forget()
    return None
