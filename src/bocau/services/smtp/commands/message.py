"""DATA, BDAT and the end of a message (RFC 5321 §4.1.1.4, RFC 3030, RFC 2033 §4.2).

    piece, piece, … → Arrived → flow.receive | flow.submit → durable → 250

A positive reply is a receipt: it is only made from what the flow returned.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bocau.base.errors import BocauError
from bocau.flow.values import Arrived, Outcome
from bocau.protocols.smtp import Dialect, Reply
from bocau.protocols.smtp.events import BodyPiece, ChunkEnded, DataAsked, MessageEnded, MessageFaulty
from bocau.services.smtp import replies
from bocau.services.smtp.errors import reply_to, worst

if TYPE_CHECKING:
    from bocau.services.smtp.session import SmtpSession

Replies = tuple[Reply, ...]


async def data(session: "SmtpSession", event: DataAsked) -> Reply:
    session.begin_body()
    return replies.START_MAIL


async def piece(session: "SmtpSession", event: BodyPiece) -> None:
    session.begin_body()
    session.transaction.body.add(event.data)


async def chunk_ended(session: "SmtpSession", event: ChunkEnded) -> Reply:
    session.begin_body()
    session.transaction.body.add(event.data)
    if session.transaction.body.has_no_room:
        session.reset_transaction()
        return replies.OVERLOADED
    return replies.chunk_taken(event.size)


async def faulty(session: "SmtpSession", event: MessageFaulty) -> Replies:
    """Bare line ends (SMTP smuggling: CVE-2023-51764) and messages above the limit."""
    session.note_refused(event.fault.value)
    session.reset_transaction()
    return (replies.FAULTS[event.fault],) * session.engine.replies_due


async def ended(session: "SmtpSession", event: MessageEnded) -> Replies:
    """Hand the message to the flow and answer what became of it."""
    body = session.transaction.body
    body.add(event.data)
    try:
        if body.has_no_room:
            return (replies.OVERLOADED,) * session.engine.replies_due
        arrived = session.arrived(body.whole())
        return await _deliver(session, arrived)
    finally:
        session.reset_transaction()


async def _deliver(session: "SmtpSession", arrived: Arrived) -> Replies:
    try:
        session.check_login()
        if session.login is not None:
            answers: Replies = (replies.accepted(await session.service.flow.submit(arrived)),)
        else:
            answers = _answers(session, arrived, await session.service.flow.receive(arrived))
    except BocauError as error:
        answers = (reply_to(error),) * session.engine.replies_due
        session.note_refused(str(error), id=arrived.trace_id)
    else:
        session.note_received(arrived, answers[0])
    session.idle_commands = 0
    return answers


def _answers(session: "SmtpSession", arrived: Arrived, outcomes: Sequence[Outcome]) -> Replies:
    """LMTP: one for each recipient. SMTP has a single answer: accepted, unless nobody got it."""
    accepted = replies.accepted(arrived.trace_id)
    each = [accepted if outcome.error is None else reply_to(outcome.error) for outcome in outcomes]
    if session.service.profile.dialect is Dialect.LMTP:
        return tuple(each)
    return (accepted if accepted in each else worst(each),)
