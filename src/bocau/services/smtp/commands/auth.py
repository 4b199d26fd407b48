"""AUTH (RFC 4954): only where a login is asked for, only under TLS, also from loopback."""

from typing import TYPE_CHECKING

from bocau.base.errors import BocauError, SyntaxFault
from bocau.directory import Login, LoginAttempt, Scope
from bocau.protocols.smtp import Reply
from bocau.protocols.smtp.events import AuthAsked, AuthCancelled, AuthResponse
from bocau.services.authentication import Authentication
from bocau.services.smtp import replies
from bocau.services.smtp.errors import login_reply_to

if TYPE_CHECKING:
    from bocau.services.smtp.session import SmtpSession


async def auth(session: "SmtpSession", event: AuthAsked) -> Reply:
    """Begin an exchange."""
    service, connection = session.service, session.connection
    if not service.profile.requires_login:
        return replies.LOGIN_NOT_OFFERED
    if connection.tls is None:
        return replies.LOGIN_NEEDS_TLS
    if session.login is not None:
        return replies.LOGIN_ALREADY
    attempt = LoginAttempt(connection.peer_host, Scope.SMTP, is_secure=True)
    try:
        session.authentication = Authentication(
            service.directory, event.mechanism, attempt, connection.tls, session.without
        )
    except SyntaxFault:
        return replies.LOGIN_UNKNOWN_MECHANISM
    return await _step(session, event.initial)


async def response(session: "SmtpSession", event: AuthResponse) -> Reply:
    return await _step(session, event.data)


async def cancelled(session: "SmtpSession", event: AuthCancelled) -> Reply:
    session.authentication = None
    session.fault_count += 1
    return replies.LOGIN_CANCELLED


async def _step(session: "SmtpSession", data: bytes | None) -> Reply:
    """A failed exchange leaves no identity and no half of one."""
    authentication, session.authentication = session.authentication, None
    assert authentication is not None
    try:
        answer = await authentication.step(data)
    except BocauError as error:
        return session.refuse_login(login_reply_to(error), error)
    if isinstance(answer, Login):
        session.reset_transaction()
        session.login = answer
        return replies.LOGIN_OK
    session.authentication = authentication
    return replies.challenge(answer)
