"""STAT, LIST, UIDL, DELE, RSET, NOOP: the snapshot and its marks (RFC 1939 §5, §7)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bocau.protocols.pop import END, Delete, ListAsked, NoopSaid, ResetAsked, StatAsked, UidListAsked
from bocau.services.pop.session import PopSession

LINES_AT_ONCE: Final = 5_000
"""Of LIST and UIDL, before other connections have a turn."""


def stat(session: PopSession, event: StatAsked) -> None:
    session.connection.write(session.server.accept(f"{session.drop.count} {session.drop.size_bytes}"))


def list_sizes(session: PopSession, event: ListAsked) -> Awaitable[None] | None:
    if event.number is None:
        return _say_all(session, session.drop.sizes)
    index = session.drop.index(event.number)
    session.connection.write(session.server.accept(f"{event.number} {session.drop.size(index)}"))
    return None


def list_unique_ids(session: PopSession, event: UidListAsked) -> Awaitable[None] | None:
    if event.number is None:
        return _say_all(session, session.drop.unique_ids)
    index = session.drop.index(event.number)
    session.connection.write(session.server.accept(f"{event.number} {session.drop.unique_id(index)}"))
    return None


async def _say_all(session: PopSession, lines: Callable[[int, int], bytes]) -> None:
    drop, connection = session.drop, session.connection
    connection.write(session.server.accept(f"{drop.count} messages"))
    for start in range(0, drop.length, LINES_AT_ONCE):
        connection.write(lines(start, min(start + LINES_AT_ONCE, drop.length)))
        if drop.length > LINES_AT_ONCE:
            await connection.flush()
            await asyncio.sleep(0)
    connection.write(END)


def delete(session: PopSession, event: Delete) -> None:
    session.drop.delete(session.drop.index(event.number))
    session.accept("Deleted")


def reset(session: PopSession, event: ResetAsked) -> None:
    session.drop.reset()
    session.connection.write(session.server.accept())


def noop(session: PopSession, event: NoopSaid) -> None:
    session.connection.write(session.server.accept())
