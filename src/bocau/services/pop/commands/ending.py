"""QUIT, and lines that are not obeyed (RFC 1939 §6)."""

from bocau.protocols.pop import Faulty, QuitAsked
from bocau.services.pop.session import PopSession


def fault(session: PopSession, event: Faulty) -> None:
    session.refuse(event.fault.value)
    session.authentication = None
    session.is_over = event.is_fatal or session.server.has_failed_enough


async def quit(session: PopSession, event: QuitAsked) -> None:
    session.is_over = True
    deleted = await session.maildrop.commit() if session.maildrop is not None else 0
    session.accept("Good-bye")
    if session.login is not None:
        session.rooms.log.info(
            "session",
            client=session.connection.peer_host,
            account=session.login.account_id,
            retrieved=session.retrieved_count,
            deleted=deleted,
        )
