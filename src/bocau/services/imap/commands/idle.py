"""IDLE (RFC 2177, RFC 9051 §6.3.13): the session's task sleeps; news are written by `idlers`, or wake it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Command, Idle
from bocau.protocols.imap.replies import IdleDone
from bocau.runtime.connection import DeadlinePassed
from bocau.services.imap import notices, updates

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Idle) -> None:
    session.waiting_tag = command.tag
    connection = session.connection
    end_listening = _listen(session)
    try:
        # First of all: imapclient 3.1 takes whatever comes before it for an error. And in a packet of its
        # own: it does not look at what came together with it until more comes.
        connection.write(session.engine.idle())
        await connection.flush()
        # The bells are heard from here on, so nothing can fall between this look and the first wait.
        await _tell(session)
        await connection.flush()
        while not (session.engine.has_input or connection.has_input or session.is_over):
            await _wait(session)
    finally:
        end_listening()


def _listen(session: "ImapSession") -> Callable[[], None]:
    """Hear one's own account, and the one whose mailbox is selected; returns the function that ends it."""
    accounts = {session.account_id}
    if session.view is not None:
        accounts.add(session.view.account_id)
    ends = [session.service.idlers.join(session, account_id) for account_id in accounts]

    def end() -> None:
        for leave in ends:
            leave()

    return end


async def _wait(session: "ImapSession") -> None:
    """Until the client speaks, or it is time to say that we are still here."""
    connection, settings = session.connection, session.service.settings
    left = settings.idle_seconds
    while left > 0:
        period = min(settings.still_here_seconds, left)
        session.is_idle = True
        try:
            await connection.readable(period)
        except DeadlinePassed:
            left -= period
            session.untagged(b"OK Still here")
        finally:
            session.is_idle = False
        if connection.has_input:
            return
        await _tell(session)
        if session.is_over:
            return
        await connection.flush()
    raise DeadlinePassed("idle for too long")


async def _tell(session: "ImapSession") -> None:
    if session.watch is not None:
        await notices.tell(session, session.watch, is_idle=True)
    elif session.view is not None:
        await updates.tell(session, may_expunge=True)


async def done(session: "ImapSession", event: IdleDone) -> None:
    """DONE. What the client has pipelined behind it is read next."""
    await session.ok(Command(session.waiting_tag), "IDLE completed")
