"""What moves no mail: RSET, NOOP, HELP, VRFY, EXPN, QUIT, and lines that are wrong (RFC 5321 §4.1.1.5–10)."""

from typing import TYPE_CHECKING

from bocau.protocols.smtp import Reply
from bocau.protocols.smtp.events import (
    FATAL,
    ExpandAsked,
    Fault,
    Faulty,
    HelpAsked,
    NoopSaid,
    QuitAsked,
    ResetAsked,
    VerifyAsked,
)
from bocau.services.smtp import replies

if TYPE_CHECKING:
    from bocau.services.smtp.session import SmtpSession


async def reset(session: "SmtpSession", event: ResetAsked) -> Reply:
    session.reset_transaction()
    return replies.RESET


async def noop(session: "SmtpSession", event: NoopSaid) -> Reply:
    return replies.NOOP


async def help_(session: "SmtpSession", event: HelpAsked) -> Reply:
    return replies.HELP


async def verify(session: "SmtpSession", event: VerifyAsked) -> Reply:
    """252 for any name: VRFY must not tell who exists (RFC 5321 §7.3)."""
    return replies.CANNOT_VERIFY


async def expand(session: "SmtpSession", event: ExpandAsked) -> Reply:
    return replies.NO_EXPN


async def quit_(session: "SmtpSession", event: QuitAsked) -> Reply:
    session.is_over = True
    return session.service.farewell


async def faulty(session: "SmtpSession", event: Faulty) -> Reply:
    """An error in order; the fatal ones are the last words."""
    session.fault_count += 1
    session.authentication = None
    if event.fault is Fault.NO_RECIPIENTS:
        session.reset_transaction()
    if event.fault in FATAL:
        session.note_refused(event.fault.value)
        session.is_over = True
    return replies.FAULTS[event.fault]
