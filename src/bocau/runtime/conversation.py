"""The one read/write loop: an engine's events, answered by a session over a connection.

connection.read() → engine.receive → engine.next_event → session.handle → connection.write()

Between events a session may be told that there is news to speak of.
"""

import asyncio
from typing import Final, Protocol, TypeVar, cast

from bocau.base.errors import PeerGone
from bocau.runtime.connection import Connection, DeadlinePassed, Stopping

EVENTS_PER_TURN: Final = 100
"""After so many events without a pause, a conversation lets the other connections have a turn."""

Event = TypeVar("Event", covariant=True)


class Engine(Protocol[Event]):
    """A pure protocol engine: no I/O, no clock."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" is the end of input."""

    def next_event(self) -> Event | None:
        """The next complete event, or None when more bytes are needed."""


AnyEvent = TypeVar("AnyEvent")


class Session(Protocol[AnyEvent]):
    """A conversation: an engine and what its events mean.

    A session may also have `stopping()`: the last words when the server stops; else `expired()` says them.
    """

    engine: Engine[AnyEvent]
    is_over: bool
    """Set by a handler after the last reply: the loop flushes and returns."""

    @property
    def deadline_seconds(self) -> float:
        """How long the peer may be silent in this phase."""

    async def begin(self) -> None:
        """Greet."""

    async def handle(self, event: AnyEvent) -> None:
        """Answer one event by connection.write()."""

    def expired(self) -> None:
        """The deadline passed: write the last words (421, BYE)."""


async def converse(connection: Connection, session: "Session[AnyEvent]") -> None:
    """The only read/write loop: read, receive, answer every event, flush. Returns when the talk is over.

    Replies are flushed once per batch of input, so a pipelining client costs one write; many long ones go out
    by and by, so that it reads while the rest is made. A deadline is for a whole event: who sends an octet
    now and then is silent all the same.
    """
    try:
        await session.begin()
        await connection.flush()
        ends_at = connection.time() + session.deadline_seconds
        while not session.is_over:
            if getattr(session, "hears_news", False):
                await _tell_until_input(connection, cast("NewsSession", session), ends_at)
                if session.is_over:
                    break
            data = await connection.read(ends_at - connection.time())
            session.engine.receive(data)
            count = await _answer(connection, session)
            if connection.send():
                await connection.settle()
            if count:
                ends_at = connection.time() + session.deadline_seconds
            if not data:
                break
    except DeadlinePassed:
        session.expired()
    except Stopping:
        getattr(session, "stopping", session.expired)()
    except PeerGone:
        return


class NewsSession(Protocol):
    """A session that speaks unasked between its peer's events (IMAP NOTIFY): connection.wake() says when."""

    is_over: bool

    @property
    def hears_news(self) -> bool:
        """Whether it does so now; without this property a session is never asked."""

    async def tell_news(self) -> None:
        """Write what is new by connection.write()."""


async def _tell_until_input(connection: Connection, session: NewsSession, ends_at: float) -> None:
    while session.hears_news and not (session.is_over or connection.has_input):
        await connection.readable(ends_at - connection.time())
        if not connection.has_input:
            await session.tell_news()
            if connection.send():
                await connection.settle()


async def _answer(connection: Connection, session: "Session[AnyEvent]") -> int:
    """Handle every event that is complete; returns how many."""
    engine = session.engine
    count = 0
    while not session.is_over and (event := engine.next_event()) is not None:
        await session.handle(event)
        if connection.wants_send and connection.send():
            await connection.settle()
        count += 1
        if count % EVENTS_PER_TURN == 0:
            await asyncio.sleep(0)
    return count
