"""IDLE (RFC 2177, RFC 9051 §6.3.13): one wait for input and for the doorbell, no task more."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Command, Idle
from bocau.protocols.imap.replies import IdleDone
from bocau.runtime.connection import DeadlinePassed
from bocau.services.imap import updates

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Idle) -> None:
    session.waiting_tag = command.tag
    connection = session.connection
    end_listening = session.store.listen(session.account_id, connection.wake)
    try:
        # The bell is heard from here on, so nothing can fall between this look and the first wait.
        if session.view is not None:
            await updates.tell(session, may_expunge=True)
        connection.write(session.engine.idle())
        await connection.flush()
        while not (session.engine.has_input or connection.has_input or session.is_over):
            await _wait(session)
    finally:
        end_listening()


async def _wait(session: "ImapSession") -> None:
    """Until the client speaks, the bell rings, or it is time to say that we are still here."""
    connection, settings = session.connection, session.service.settings
    left = settings.idle_seconds
    while left > 0:
        period = min(settings.still_here_seconds, left)
        try:
            await connection.readable(period)
        except DeadlinePassed:
            left -= period
            await updates.tell_idle(session)
            session.untagged(b"OK Still here")
        else:
            if connection.has_input:
                return
            await updates.tell_idle(session)
        if session.is_over:
            return
        await connection.flush()
    raise DeadlinePassed("idle for too long")


async def done(session: "ImapSession", event: IdleDone) -> None:
    """DONE. What the client has pipelined behind it is read next."""
    await session.ok(Command(session.waiting_tag), "IDLE completed")
