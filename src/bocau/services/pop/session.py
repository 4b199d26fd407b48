"""One POP3 conversation: who talks, and how far it got. What each event means is in `commands`.

engine event → commands → directory (who) · maildrop (what) → server.accept / refuse → connection
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bocau.base.errors import BadCredentials, BocauError, NotPermitted, PeerGone
from bocau.directory import Directory, Login, LoginAttempt, Scope
from bocau.protocols.pop import Event, ServerEngine, State
from bocau.rules.quirks import without_for_host
from bocau.runtime.clock import Clock
from bocau.runtime.connection import Connection
from bocau.runtime.conversation import Engine
from bocau.runtime.log import Log
from bocau.services.authentication import Authentication
from bocau.services.authentication import mechanisms as offered_mechanisms
from bocau.services.pop.delays import LoginDelays
from bocau.services.pop.errors import code_of, text_of
from bocau.services.pop.languages import DEFAULT, spoken
from bocau.services.pop.locks import PopLocks
from bocau.services.pop.maildrop import Maildrop
from bocau.services.pop.settings import PopSettings
from bocau.store import MailStore


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every session of this process shares."""

    settings: PopSettings
    store: MailStore
    directory: Directory
    clock: Clock
    log: Log
    locks: PopLocks
    delays: LoginDelays
    tls_context: ssl.SSLContext | None


class PopSession:
    """`commands` says what answers each kind of event; a plain function answers now, a coroutine later."""

    def __init__(self, connection: Connection, rooms: Rooms, commands: "Commands") -> None:
        self.connection = connection
        self.rooms = rooms
        self.server = ServerEngine()
        self.engine: Engine[Event] = self.server
        self.is_over = False
        self._commands = commands
        self.language = DEFAULT
        self.without_here = without_for_host(rooms.settings.quirks, connection.peer_host)
        """Capability words that are switched off, whoever logs in."""
        self.authentication: Authentication | None = None
        self.login: Login | None = None
        self.maildrop: Maildrop | None = None
        self.checked_at = 0.0
        self.retrieved_count = 0

    # --- called by converse ------------------------------------------------------------

    @property
    def deadline_seconds(self) -> float:
        settings = self.rooms.settings
        return settings.idle_seconds if self.maildrop is not None else settings.login_seconds

    async def begin(self) -> None:
        self.connection.write(f"+OK {self.rooms.settings.hostname} POP3 ready\r\n".encode())

    def expired(self) -> None:
        """RFC 1939 §3: a silent client is left without a word, and its marks are forgotten."""

    stopping = expired

    async def handle(self, event: Event) -> None:
        try:
            if self.maildrop is not None:
                self._recheck()
            work = self._commands[type(event)](self, event)
            if work is not None:
                await work
        except PeerGone:
            raise
        except BocauError as error:
            self._refuse(error)

    def _refuse(self, error: BocauError) -> None:
        if self.server.is_answered:
            # In the middle of a message: only the end of the connection tells that it is not whole.
            self.rooms.log.warning("answer broken off", client=self.connection.peer_host, error=str(error))
            self.connection.abort()
            self.is_over = True
            return
        self.refuse(text_of(error), code_of(error))
        self.is_over = self.is_over or self.server.state is State.CLOSED or self.server.has_failed_enough

    def accept(self, text: str = "") -> None:
        """Answer +OK with words for a person, in their language."""
        self.connection.write(self.server.accept(spoken(self.language, text)))

    def refuse(self, text: str, code: str = "") -> None:
        """Answer -ERR likewise."""
        self.connection.write(self.server.refuse(spoken(self.language, text), code))

    def _recheck(self) -> None:
        """A changed password or a disabled account ends the session (reliability D-6)."""
        now = self.rooms.clock.monotonic()
        if now - self.checked_at < self.rooms.settings.recheck_seconds:
            return
        self.checked_at = now
        if self.login is None or not self.rooms.directory.is_still_valid(self.login):
            self.is_over = True
            raise BadCredentials("the login is no longer valid")

    def close(self) -> None:
        """Give the mailbox back; whatever ended the conversation."""
        if self.login is not None and self.maildrop is not None:
            self.rooms.locks.release(self.login.account_id)
            self.maildrop = None

    @property
    def _allows_plain(self) -> bool:
        return self.rooms.settings.plain_on_loopback and is_loopback(self.connection.peer_host)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        return offered_mechanisms(self.connection.tls, self._allows_plain, self.without)

    @property
    def without(self) -> frozenset[str]:
        """Capability words that are switched off now."""
        return self.without_here | self.login.without if self.login is not None else self.without_here

    def attempt(self) -> LoginAttempt:
        if not self.mechanisms:
            raise NotPermitted("TLS first")
        return LoginAttempt(self.connection.peer_host, Scope.POP, is_secure=True)

    @property
    def drop(self) -> Maildrop:
        assert self.maildrop is not None
        return self.maildrop


Commands = Mapping[type, Callable[[PopSession, Any], Awaitable[None] | None]]


def is_loopback(host: str) -> bool:
    """Whether a peer is this host itself."""
    return host in ("", "::1") or host.startswith(("127.", "::ffff:127."))
