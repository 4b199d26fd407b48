"""One POP2 conversation (RFC 937): a mailbox, a current message, an acknowledgement for each that was sent.

What ACKD marks is deleted when the mailbox is left by FOLD or QUIT; a broken line deletes nothing.
"""

from typing import Final

from bocau.base.errors import BocauError, NoSuchMailbox, NoSuchMessage, NotPermitted, PeerGone
from bocau.directory import Login, LoginAttempt, Scope
from bocau.protocols import pop2
from bocau.runtime.connection import Connection
from bocau.runtime.conversation import Engine
from bocau.services.pop.errors import text_of
from bocau.services.pop.maildrop import INBOX, Maildrop
from bocau.services.pop.session import Rooms, is_loopback
from bocau.store import BlobLost
from bocau.store.blobs import READ_NOW_BYTES_MAX

FIRST: Final = 1


class Pop2Session:
    """Satisfies `runtime.conversation.Session`."""

    def __init__(self, connection: Connection, rooms: Rooms) -> None:
        self.connection = connection
        self.rooms = rooms
        self.server = pop2.ServerEngine()
        self.engine: Engine[pop2.Event] = self.server
        self.is_over = False
        self._login: Login | None = None
        self._maildrop: Maildrop | None = None
        self._current = FIRST
        self._checked_at = 0.0

    # --- called by converse ------------------------------------------------------------

    @property
    def deadline_seconds(self) -> float:
        settings = self.rooms.settings
        return settings.login_seconds if self._login is None else settings.idle_seconds

    async def begin(self) -> None:
        self.connection.write(f"+ POP2 {self.rooms.settings.hostname} ready\r\n".encode())

    def expired(self) -> None:
        """A silent client is left without a word, and its marks are forgotten."""

    stopping = expired

    async def handle(self, event: pop2.Event) -> None:
        try:
            if self._login is not None:
                self._recheck(self._login)
            await self._answer(event)
        except PeerGone:
            raise
        except BocauError as error:
            self._refuse(error)

    def close(self) -> None:
        """Give the mailbox back; whatever ended the conversation."""
        if self._login is not None:
            self.rooms.locks.release(self._login.account_id)
            self._login = None

    # --- answers -------------------------------------------------------------------------

    async def _answer(self, event: pop2.Event) -> None:
        match event:
            case pop2.Hello(name, password):
                await self._enter(name, password)
            case pop2.Fold(mailbox):
                await self._leave()
                await self._open(mailbox)
            case pop2.Read(number):
                self._current = self._current if number is None else number
                self._say_size()
            case pop2.Retrieve():
                await self._send()
            case pop2.Acknowledged() | pop2.Deleted() | pop2.NotReceived():
                self._acknowledge(event)
            case pop2.QuitAsked():
                await self._leave()
                self.connection.write(self.server.accept("Good-bye"))
                self.is_over = True
            case pop2.Faulty(text):
                self.connection.write(self.server.refuse(text))
                self.is_over = True

    def _refuse(self, error: BocauError) -> None:
        self.is_over = True
        if self.server.is_answered:
            # In the middle of a message: only the end of the connection tells that it is not whole.
            self.rooms.log.warning("answer broken off", client=self.connection.peer_host, error=str(error))
            self.connection.abort()
            return
        self.connection.write(self.server.refuse(text_of(error)))

    async def _enter(self, name: str, password: str) -> None:
        """HELO. POP2 knows no TLS: a password may only come from this host, where the settings allow it."""
        rooms, host = self.rooms, self.connection.peer_host
        if not (rooms.settings.plain_on_loopback and is_loopback(host)):
            raise NotPermitted("passwords in clear text are not taken")
        login = await rooms.directory.login(name, password, LoginAttempt(host, Scope.POP, is_secure=True))
        rooms.locks.acquire(login.account_id)
        self._login, self._checked_at = login, rooms.clock.monotonic()
        rooms.delays.note(login.account_id, rooms.clock.now())
        await self._open(INBOX)

    async def _open(self, name: str) -> None:
        """The messages of a mailbox that does not exist are none."""
        assert self._login is not None
        self._current = FIRST
        try:
            self._maildrop = await Maildrop.open(self.rooms.store, self._login.account_id, name)
        except NoSuchMailbox:
            self._maildrop = None
        count = 0 if self._maildrop is None else self._maildrop.count
        self.connection.write(self.server.counted(count, "messages"))

    async def _leave(self) -> None:
        """All deletions of the mailbox, or none."""
        if self._maildrop is not None:
            await self._maildrop.commit()
            self._maildrop = None

    def _index(self) -> int | None:
        """Of the current message; None: there is none."""
        if self._maildrop is None:
            return None
        try:
            return self._maildrop.index(self._current)
        except NoSuchMessage:
            return None

    def _say_size(self) -> None:
        index = self._index()
        if index is None or self._maildrop is None:
            self.connection.write(self.server.sized(0, "no such message"))
        else:
            self.connection.write(self.server.sized(self._maildrop.size(index)))

    def _acknowledge(self, event: pop2.Acknowledged | pop2.Deleted | pop2.NotReceived) -> None:
        index = self._index()
        assert index is not None and self._maildrop is not None, "only what was sent is acknowledged"
        if not isinstance(event, pop2.NotReceived):
            self._maildrop.retrieved(index)
            self._current += 1
        if isinstance(event, pop2.Deleted):
            self._maildrop.delete(index)
        self._say_size()

    async def _send(self) -> None:
        """RETR: the octets alone, no line before or after."""
        index, drop = self._index(), self._maildrop
        if index is None or drop is None:
            raise NoSuchMessage("no such message")
        blobs, ref = self.rooms.store.blobs, drop.ref(index)
        if ref.length <= READ_NOW_BYTES_MAX:
            try:
                body = blobs.read(ref)
            except BlobLost:
                # Moved meanwhile.
                drop.forget_refs()
                body = blobs.read(drop.ref(index))
            self.server.sending()
            self.connection.write(body)
            return
        self.server.sending()
        async for piece in blobs.stream(ref):
            self.connection.write(piece)
            if self.connection.wants_flush:
                await self.connection.flush()

    def _recheck(self, login: Login) -> None:
        """A changed password or a disabled account ends the session."""
        now = self.rooms.clock.monotonic()
        if now - self._checked_at < self.rooms.settings.recheck_seconds:
            return
        self._checked_at = now
        if not self.rooms.directory.is_still_valid(login):
            raise NotPermitted("the login is no longer valid")
