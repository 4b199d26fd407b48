"""Open connections that wait a moment for the next message to the same destination."""

import asyncio
from typing import Final

from bocau.flow.outbound.session import Session

IDLE_SESSIONS_MAX: Final = 50
"""Over all destinations; the next ones are closed at once."""


class Pool:
    def __init__(self, idle_seconds: float, messages_per_connection: int) -> None:
        self._idle_seconds = idle_seconds
        self._messages_max = messages_per_connection
        self._idle: dict[str, list[Session]] = {}
        self._count = 0
        self._partings: set[asyncio.Task[None]] = set()

    def take(self, destination: str) -> Session | None:
        """An open session, the one used last; None when there is none."""
        waiting = self._idle.get(destination, [])
        while waiting:
            session = waiting[-1]
            self._remove(destination, session)
            if session.is_usable:
                return session
            session.connection.abort()
        return None

    def give(self, destination: str, session: Session) -> None:
        """Keep a healthy session for the next message, or close it when it has served long enough."""
        if session.message_count >= self._messages_max or self._count >= IDLE_SESSIONS_MAX:
            self._part(session)
            return
        self._idle.setdefault(destination, []).append(session)
        self._count += 1
        asyncio.get_running_loop().call_later(
            self._idle_seconds, self._expire, destination, session, session.message_count
        )

    def _expire(self, destination: str, session: Session, message_count: int) -> None:
        # A session that was used meanwhile has another timer of its own.
        if session.message_count == message_count and session in self._idle.get(destination, ()):
            self._remove(destination, session)
            self._part(session)

    def _remove(self, destination: str, session: Session) -> None:
        waiting = self._idle[destination]
        waiting.remove(session)
        self._count -= 1
        if not waiting:
            del self._idle[destination]

    def _part(self, session: Session) -> None:
        task = asyncio.get_running_loop().create_task(session.quit())
        self._partings.add(task)
        task.add_done_callback(self._parted)

    def _parted(self, task: "asyncio.Task[None]") -> None:
        self._partings.discard(task)
        if not task.cancelled():
            task.exception()  # Seen: a goodbye that fails is still a goodbye.

    async def close(self) -> None:
        """Say goodbye to all."""
        for destination, waiting in list(self._idle.items()):
            for session in list(waiting):
                self._remove(destination, session)
                self._part(session)
        while self._partings:
            await asyncio.wait(self._partings)
