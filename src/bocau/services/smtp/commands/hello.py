"""HELO, EHLO, LHLO (RFC 5321 §4.1.1.1, RFC 2033 §4.1)."""

from typing import TYPE_CHECKING

from bocau.protocols.smtp import Reply
from bocau.protocols.smtp.events import Hello, HelloSaid

if TYPE_CHECKING:
    from bocau.services.smtp.session import SmtpSession


async def hello(session: "SmtpSession", event: HelloSaid) -> Reply:
    """Says what is offered now; forgets a transaction that was begun (RFC 5321 §4.1.4)."""
    session.reset_transaction()
    session.hello = event
    if event.verb is Hello.HELO:
        return session.service.helo_reply
    tls, without = session.connection.tls, session.without
    return session.service.ehlo_reply(tls, is_logged_in=session.login is not None, without=without)
