"""AUTHENTICATE (RFC 9051 §6.2.2) with initial responses (RFC 4959)."""

from typing import TYPE_CHECKING

from bocau.base.errors import BocauError
from bocau.directory import Login
from bocau.protocols.imap.commands import Authenticate, Command
from bocau.protocols.imap.replies import SaslResponse
from bocau.services.authentication import Authentication

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Authenticate) -> None:
    if not session.may_log_in:
        session.no(command, "STARTTLS first: no passwords in clear text", b"PRIVACYREQUIRED")
        return
    if command.mechanism not in session.mechanisms:
        session.no(command, "no such mechanism", b"CANNOT")
        return
    session.sasl = Authentication(
        session.service.directory,
        command.mechanism,
        session.attempt,
        session.connection.tls,
        session.without,
    )
    session.waiting_tag = command.tag
    await _advance(session, command.initial_response)


async def step(session: "ImapSession", event: SaslResponse) -> None:
    """The client's next response, or "*" to give up."""
    if event.data is None:
        command = Command(session.waiting_tag)
        session.sasl = None
        session.bad(command, "AUTHENTICATE ended")
        return
    await _advance(session, event.data)


async def _advance(session: "ImapSession", response: bytes | None) -> None:
    command = Command(session.waiting_tag)
    assert session.sasl is not None
    try:
        outcome = await session.sasl.step(response)
    except BocauError as error:
        session.sasl = None
        session.refuse(command, error)
        return
    if isinstance(outcome, Login):
        session.logged_in(command, outcome)
    else:
        session.connection.write(session.engine.challenge(outcome))
