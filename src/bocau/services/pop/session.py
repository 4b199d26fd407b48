"""One POP3 conversation: what each event means (RFC 1939, 2449, 2595, 5034, 6856).

engine event → handler → directory (who) · maildrop (what) → engine.accept / refuse → connection
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from bocau.base.errors import BadCredentials, BocauError, NotPermitted, PeerGone
from bocau.directory import Directory, Login, LoginAttempt, Scope
from bocau.protocols.pop import (
    END,
    AuthAsked,
    CapabilitiesAsked,
    Delete,
    Event,
    Faulty,
    ListAsked,
    MechanismsAsked,
    NoopSaid,
    PassSaid,
    QuitAsked,
    ResetAsked,
    ResponseSaid,
    Retrieve,
    ServerEngine,
    StartTlsAsked,
    StatAsked,
    State,
    Stuffer,
    TopAsked,
    TopCutter,
    UidListAsked,
    UserSaid,
    Utf8Asked,
)
from bocau.protocols.sasl import decode_initial_response, decode_response
from bocau.runtime.clock import Clock
from bocau.runtime.connection import Connection, Engine
from bocau.runtime.log import Log
from bocau.services.authentication import Authentication, mechanisms
from bocau.services.pop.errors import code_of, text_of
from bocau.services.pop.locks import PopLocks
from bocau.services.pop.maildrop import Maildrop
from bocau.services.pop.settings import PopSettings
from bocau.store import MailStore
from bocau.store.blobs import READ_NOW_BYTES_MAX, BlobLost, BlobRef

LINES_AT_ONCE: Final = 5_000
"""Of LIST and UIDL, before other connections have a turn."""
IMPLEMENTATION: Final = "bocau"


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every session of this process shares."""

    settings: PopSettings
    store: MailStore
    directory: Directory
    clock: Clock
    log: Log
    locks: PopLocks
    tls_context: ssl.SSLContext | None


class PopSession:
    def __init__(self, connection: Connection, rooms: Rooms) -> None:
        self._engine = ServerEngine()
        self.engine: Engine[Event] = self._engine
        self.is_over = False
        self._connection = connection
        self._rooms = rooms
        self._authentication: Authentication | None = None
        self._login: Login | None = None
        self._maildrop: Maildrop | None = None
        self._checked_at = 0.0
        self._retrieved_count = 0

    # --- called by converse ------------------------------------------------------------

    @property
    def deadline_seconds(self) -> float:
        settings = self._rooms.settings
        return settings.idle_seconds if self._maildrop is not None else settings.login_seconds

    async def begin(self) -> None:
        self._connection.write(f"+OK {self._rooms.settings.hostname} POP3 ready\r\n".encode())

    def expired(self) -> None:
        """RFC 1939 §3: a silent client is left without a word, and its marks are forgotten."""

    stopping = expired

    async def handle(self, event: Event) -> None:
        try:
            if self._maildrop is not None:
                self._recheck(self._maildrop)
            work = _HANDLERS[type(event)](self, event)
            if work is not None:
                await work
        except PeerGone:
            raise
        except BocauError as error:
            self._refuse(error)

    def _refuse(self, error: BocauError) -> None:
        if self._engine.is_answered:
            # In the middle of a message: only the end of the connection tells that it is not whole.
            self._rooms.log.warning("answer broken off", client=self._connection.peer_host, error=str(error))
            self._connection.abort()
            self.is_over = True
            return
        self._connection.write(self._engine.refuse(text_of(error), code_of(error)))
        self.is_over = self.is_over or self._engine.state is State.CLOSED or self._engine.has_failed_enough

    def _recheck(self, maildrop: Maildrop) -> None:
        """A changed password or a disabled account ends the session (reliability D-6)."""
        now = self._rooms.clock.monotonic()
        if now - self._checked_at < self._rooms.settings.recheck_seconds:
            return
        self._checked_at = now
        if self._login is None or not self._rooms.directory.is_still_valid(self._login):
            self.is_over = True
            raise BadCredentials("the login is no longer valid")

    def close(self) -> None:
        """Give the mailbox back; whatever ended the conversation."""
        if self._login is not None and self._maildrop is not None:
            self._rooms.locks.release(self._login.account_id)
            self._maildrop = None

    # --- authorization -----------------------------------------------------------------

    @property
    def _allows_plain(self) -> bool:
        return self._rooms.settings.plain_on_loopback and _is_loopback(self._connection.peer_host)

    @property
    def _mechanisms(self) -> tuple[str, ...]:
        return mechanisms(self._connection.tls, self._allows_plain)

    def _attempt(self) -> LoginAttempt:
        if not self._mechanisms:
            raise NotPermitted("TLS first")
        return LoginAttempt(self._connection.peer_host, Scope.POP, is_secure=True)

    def user(self, event: UserSaid) -> None:
        if not self._mechanisms:
            self._connection.write(self._engine.refuse("Say STLS first"))
            return
        self._connection.write(self._engine.accept())

    async def password(self, event: PassSaid) -> None:
        try:
            login = await self._rooms.directory.login(event.name, event.password, self._attempt())
        except BocauError as error:
            self._note_failure(error, event.name)
            raise
        await self._enter(login)

    async def authenticate(self, event: AuthAsked) -> None:
        if event.mechanism not in self._mechanisms:
            self._connection.write(self._engine.refuse("No such mechanism here"))
            self.is_over = self._engine.has_failed_enough
            return
        self._authentication = Authentication(
            self._rooms.directory, event.mechanism, self._attempt(), self._connection.tls
        )
        await self._step(None if event.initial is None else decode_initial_response(event.initial))

    async def respond(self, event: ResponseSaid) -> None:
        await self._step(decode_response(event.line))

    async def _step(self, response: bytes | None) -> None:
        assert self._authentication is not None
        try:
            answer = await self._authentication.step(response)
        except BocauError as error:
            self._authentication = None
            self._note_failure(error, "")
            raise
        if isinstance(answer, Login):
            self._authentication = None
            await self._enter(answer)
        else:
            self._connection.write(self._engine.challenge(answer))

    def _note_failure(self, error: BocauError, name: str) -> None:
        self._rooms.log.info(
            "login refused", client=self._connection.peer_host, name=name, reason=type(error).__name__
        )

    async def _enter(self, login: Login) -> None:
        """Lock the mailbox and take the snapshot. InUse."""
        self._rooms.locks.acquire(login.account_id)
        try:
            maildrop = await Maildrop.open(self._rooms.store, login.account_id)
        except BaseException:
            self._rooms.locks.release(login.account_id)
            raise
        self._login, self._maildrop = login, maildrop
        self._checked_at = self._rooms.clock.monotonic()
        text = f"{maildrop.count} messages, {maildrop.size_bytes} octets"
        self._connection.write(self._engine.accept(text))

    async def start_tls(self, event: StartTlsAsked) -> None:
        context = self._rooms.tls_context
        if context is None or self._connection.tls is not None:
            self._connection.write(self._engine.refuse("TLS is not to be had, or runs already"))
            return
        self._connection.write(self._engine.accept("Begin TLS"))
        await self._connection.flush()
        self._engine.tls_started()
        await self._connection.start_tls(context)

    # --- both states -------------------------------------------------------------------

    def capabilities(self, event: CapabilitiesAsked) -> None:
        names = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER"]
        if offered := self._mechanisms:
            names += ["USER", "SASL " + " ".join(offered)]
        if self._maildrop is None and self._rooms.tls_context is not None and self._connection.tls is None:
            names.append("STLS")
        names.append(f"IMPLEMENTATION {IMPLEMENTATION}")
        self._say_lines("Capabilities follow", names)

    def list_mechanisms(self, event: MechanismsAsked) -> None:
        self._say_lines("Mechanisms follow", self._mechanisms)

    def _say_lines(self, text: str, lines: "list[str] | tuple[str, ...]") -> None:
        body = "".join(f"{line}\r\n" for line in lines).encode()
        self._connection.write(self._engine.accept(text), body, END)

    def utf8(self, event: Utf8Asked) -> None:
        """Messages are never changed on their way, so the mode changes nothing but what the client
        expects."""
        self._connection.write(self._engine.accept("UTF-8"))

    def fault(self, event: Faulty) -> None:
        self._connection.write(self._engine.refuse(event.fault.value))
        self._authentication = None
        self.is_over = event.is_fatal or self._engine.has_failed_enough

    async def quit(self, event: QuitAsked) -> None:
        self.is_over = True
        deleted = await self._maildrop.commit() if self._maildrop is not None else 0
        self._connection.write(self._engine.accept("Good-bye"))
        if self._login is not None:
            self._rooms.log.info(
                "session",
                client=self._connection.peer_host,
                account=self._login.account_id,
                retrieved=self._retrieved_count,
                deleted=deleted,
            )

    # --- transaction -------------------------------------------------------------------

    @property
    def _drop(self) -> Maildrop:
        assert self._maildrop is not None
        return self._maildrop

    def stat(self, event: StatAsked) -> None:
        self._connection.write(self._engine.accept(f"{self._drop.count} {self._drop.size_bytes}"))

    def list_sizes(self, event: ListAsked) -> Awaitable[None] | None:
        if event.number is None:
            return self._say_all(self._drop.sizes)
        index = self._drop.index(event.number)
        self._connection.write(self._engine.accept(f"{event.number} {self._drop.size(index)}"))
        return None

    def list_unique_ids(self, event: UidListAsked) -> Awaitable[None] | None:
        if event.number is None:
            return self._say_all(self._drop.unique_ids)
        index = self._drop.index(event.number)
        self._connection.write(self._engine.accept(f"{event.number} {self._drop.unique_id(index)}"))
        return None

    async def _say_all(self, lines: Callable[[int, int], bytes]) -> None:
        drop, connection = self._drop, self._connection
        connection.write(self._engine.accept(f"{drop.count} messages"))
        for start in range(0, drop.length, LINES_AT_ONCE):
            connection.write(lines(start, min(start + LINES_AT_ONCE, drop.length)))
            if drop.length > LINES_AT_ONCE:
                await connection.flush()
                await asyncio.sleep(0)
        connection.write(END)

    def retrieve(self, event: Retrieve) -> Awaitable[None] | None:
        drop = self._drop
        index = drop.index(event.number)
        ref = drop.ref(index)
        self._retrieved_count += 1
        if ref.length > READ_NOW_BYTES_MAX:
            return self._stream(index, ref)
        stuffer = Stuffer()
        body = stuffer.stuff(self._body(index, ref))
        self._connection.write(self._engine.accept(f"{ref.length} octets"), body, stuffer.end())
        drop.retrieved(index)
        return None

    def _body(self, index: int, ref: BlobRef) -> bytes:
        """The body now; looked up again when it was moved meanwhile."""
        try:
            return self._rooms.store.blobs.read(ref)
        except BlobLost:
            self._drop.forget_refs()
            return self._rooms.store.blobs.read(self._drop.ref(index))

    async def _stream(self, index: int, ref: BlobRef) -> None:
        connection, stuffer = self._connection, Stuffer()
        connection.write(self._engine.accept(f"{ref.length} octets"))
        async for piece in self._rooms.store.blobs.stream(ref):
            connection.write(stuffer.stuff(piece))
            if connection.wants_flush:
                await connection.flush()
        connection.write(stuffer.end())
        self._drop.retrieved(index)

    async def top(self, event: TopAsked) -> None:
        index = self._drop.index(event.number)
        ref = self._drop.ref(index)
        connection, stuffer, cutter = self._connection, Stuffer(), TopCutter(event.lines)
        if ref.length <= READ_NOW_BYTES_MAX:
            top = stuffer.stuff(cutter.cut(self._body(index, ref)))
            connection.write(self._engine.accept(), top, stuffer.end())
            return
        connection.write(self._engine.accept())
        async for piece in self._rooms.store.blobs.stream(ref):
            connection.write(stuffer.stuff(cutter.cut(piece)))
            if cutter.is_done:
                break
            if connection.wants_flush:
                await connection.flush()
        connection.write(stuffer.end())

    def delete(self, event: Delete) -> None:
        self._drop.delete(self._drop.index(event.number))
        self._connection.write(self._engine.accept("Deleted"))

    def reset(self, event: ResetAsked) -> None:
        self._drop.reset()
        self._connection.write(self._engine.accept())

    def noop(self, event: NoopSaid) -> None:
        self._connection.write(self._engine.accept())


_HANDLERS: Final[dict[type, Callable[[PopSession, Any], Awaitable[None] | None]]] = {
    Retrieve: PopSession.retrieve,
    Delete: PopSession.delete,
    TopAsked: PopSession.top,
    ListAsked: PopSession.list_sizes,
    UidListAsked: PopSession.list_unique_ids,
    StatAsked: PopSession.stat,
    NoopSaid: PopSession.noop,
    ResetAsked: PopSession.reset,
    QuitAsked: PopSession.quit,
    UserSaid: PopSession.user,
    PassSaid: PopSession.password,
    AuthAsked: PopSession.authenticate,
    ResponseSaid: PopSession.respond,
    MechanismsAsked: PopSession.list_mechanisms,
    StartTlsAsked: PopSession.start_tls,
    CapabilitiesAsked: PopSession.capabilities,
    Utf8Asked: PopSession.utf8,
    Faulty: PopSession.fault,
}


def _is_loopback(host: str) -> bool:
    return host in ("", "::1") or host.startswith(("127.", "::ffff:127."))
