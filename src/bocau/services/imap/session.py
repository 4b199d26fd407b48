"""One IMAP conversation: engine + store. What each command means is in `commands/`, one file each."""

import asyncio
from typing import TYPE_CHECKING

from bocau.base.errors import BocauError, PeerGone, Refused, TryLater
from bocau.base.ids import AccountId
from bocau.directory import Login, LoginAttempt, Scope
from bocau.protocols.imap import Event, ImapEngine, State
from bocau.protocols.imap import append as a
from bocau.protocols.imap.commands import Command
from bocau.protocols.imap.replies import Broken, Ready, Rejected, Status, Tagged
from bocau.runtime.connection import Connection
from bocau.services.authentication import Authentication, mechanisms
from bocau.services.imap import updates
from bocau.services.imap.capabilities import capabilities
from bocau.services.imap.commands import HANDLERS
from bocau.services.imap.commands.append import drop
from bocau.services.imap.commands.appended import answer_all
from bocau.services.imap.errors import tagged
from bocau.services.imap.loading import NEED_UIDS, has_uids, load
from bocau.services.imap.normalized import tell_normalized
from bocau.services.imap.notices import after_command
from bocau.services.imap.notices import tell as tell_watched
from bocau.services.imap.own_changes import OwnChanges
from bocau.services.imap.rights import check, may_stay
from bocau.services.imap.switched_off import is_refused, known_of_host
from bocau.services.imap.uid_only import names_numbers
from bocau.services.imap.view import View
from bocau.store import ReaderStore

if TYPE_CHECKING:
    from bocau.services.imap.commands.append import Appending
    from bocau.services.imap.places import Place
    from bocau.services.imap.service import ImapService
    from bocau.services.imap.watch import Watch

APPENDING = (a.AppendMessage, a.AppendChunk, a.AppendUrl, a.AppendText, a.AppendJoined, a.AppendEnd)
LOOKS_SECONDS_MIN = 1.0
LOOKS_SECONDS_MAX = 86_400.0
"""How often a login that ends by itself is looked at."""
LOOPBACK = ("127.0.0.1", "::1", "")


class ImapSession:
    """Satisfies `runtime.conversation.Session`."""

    __slots__ = (
        "__weakref__",
        "_farewell",
        "_login_ends",
        "account_id",
        "appended_to",
        "appending",
        "bad_count",
        "connection",
        "engine",
        "has_said_id",
        "is_condstore",
        "is_idle",
        "is_over",
        "is_qresync",
        "is_rev2",
        "is_uid_only",
        "is_utf8",
        "login",
        "own_changes",
        "sasl",
        "service",
        "unanswered",
        "view",
        "waiting_tag",
        "watch",
        "without",
        "without_here",
    )

    def __init__(self, service: "ImapService", connection: Connection) -> None:
        self.service = service
        self.connection = connection
        self.engine = ImapEngine(append_bytes_max=service.settings.append_bytes_max)
        self.is_over = False
        self.has_said_id = False
        """The log knows the client's name."""
        self.without_here = known_of_host(self)
        """Capability words that are switched off, whoever logs in."""
        self._login_ends: asyncio.TimerHandle | None = None
        self.forget_login()

    def forget_login(self) -> None:
        """The state of a connection that has just been made; UNAUTHENTICATE leads back to it (RFC 8437)."""
        self.login: Login | None = None
        self.without = self.without_here
        """Capability words that are switched off now."""
        self._forget_end()
        self.account_id = AccountId(0)
        self.view: View | None = None
        self.is_condstore = False
        self.is_rev2 = False
        self.is_qresync = False
        """VANISHED instead of EXPUNGE (RFC 7162 §3.2.3)."""
        self.is_utf8 = False
        """UTF8=ACCEPT is enabled: a search names no charset (RFC 9755 §3)."""
        self.is_uid_only = False
        """No message numbers in either direction (RFC 9586)."""
        self.is_idle = False
        """Its task sleeps in IDLE: news may be written by who hears of them."""
        self.watch: Watch | None = None
        """What NOTIFY has asked for."""
        self.own_changes = OwnChanges()
        self.bad_count = 0
        self.waiting_tag = b""
        """Of the IDLE or AUTHENTICATE whose next line is awaited."""
        self.sasl: Authentication | None = None
        self.appending: Appending | None = None
        self.unanswered: list[Appending] = []
        """Pipelined APPENDs that are complete and not yet written."""
        self.appended_to: Place | None = None
        """Where the last APPEND went: a small one more is not looked at before it is sent."""
        self._farewell = ("the server is stopping", b"UNAVAILABLE")

    # --- runtime.conversation.Session -------------------------------------------------------

    @property
    def deadline_seconds(self) -> float:
        settings = self.service.settings
        return settings.login_seconds if self.login is None else settings.idle_seconds

    async def begin(self) -> None:
        """RFC 9051 §7.1: the greeting carries the capabilities, which saves a round trip."""
        self.untagged(b"OK [CAPABILITY %b] bocau ready" % capabilities(self))

    async def handle(self, event: Event) -> None:
        if self.unanswered and not isinstance(event, APPENDING):
            await answer_all(self)
        try:
            match event:
                case Rejected(reply):
                    drop(self)
                    self.reply(reply)
                case Broken(text):
                    self.bye(text)
                case Ready():
                    self.connection.write(b"+ OK\r\n")
                case Command() if self.is_uid_only and names_numbers(event):
                    self.bad(event, "message numbers are not used any more", b"UIDREQUIRED")
                case Command() if self.without and is_refused(self.without, event):
                    raise Refused("this is switched off for you")
                case _ if not may_stay(self):
                    self.mailbox_gone()
                case _:
                    check(self, event)
                    if isinstance(event, NEED_UIDS):
                        await load(self)
                    await HANDLERS[type(event)](self, event)
        except PeerGone:
            raise
        except BocauError as error:
            self.refuse(event, error)

    def refuse(self, event: Event, error: BocauError) -> None:
        """Answer the command that `event` belongs to."""
        if isinstance(event, a.AppendMessage):
            drop(self)
            self.connection.write(self.engine.refuse(tagged(event.tag, error)))
        else:
            self.reply(tagged(event.tag if isinstance(event, Command) else b"*", error))
        if self.login is None or isinstance(error, TryLater):
            client = self.connection.peer_host
            self.service.log.warning("refused", command=type(event).__name__, client=client, why=str(error))

    def expired(self) -> None:
        self.bye("too long without a word", b"")

    def stopping(self) -> None:
        self.bye(*self._farewell)

    # --- runtime.conversation.NewsSession ----------------------------------------------------

    @property
    def hears_news(self) -> bool:
        return self.watch is not None and not self.watch.is_silent

    async def tell_news(self) -> None:
        """A bell has rung while no command was in progress (RFC 5465)."""
        if self.watch is not None:
            await tell_watched(self, self.watch)

    # --- answers ----------------------------------------------------------------------------

    def untagged(self, line: bytes) -> None:
        self.connection.write(b"* %b\r\n" % line)

    def reply(self, reply: Tagged) -> None:
        """End a command. After too many bad ones the conversation ends too."""
        self._tell_how_far()
        self.connection.write(self.engine.send(reply))
        if reply.status is Status.BAD:
            self.bad_count += 1
            settings = self.service.settings
            most = settings.bad_commands_max if self.login else settings.bad_commands_before_login_max
            if self.bad_count >= most:
                self.bye("too many bad commands")

    async def ok(self, command: Command, text: str, code: bytes = b"", *, may_expunge: bool = True) -> None:
        """End a command well, after saying what has changed in the selected mailbox."""
        if self.view is not None:
            await updates.tell(self, may_expunge=may_expunge)
            if self.is_over:
                return
        if self.is_rev2:
            tell_normalized(self, command)
        if self.watch is not None:
            await after_command(self, self.watch, command)
        self.done(command, text, code)

    def done(self, command: Command, text: str, code: bytes = b"") -> None:
        """End a command well. Only bad commands one after the other are too many: a connection lives long."""
        self.bad_count = 0
        self._tell_how_far()
        self.connection.write(self.engine.send(Tagged(command.tag, Status.OK, text, code)))

    def _tell_how_far(self) -> None:
        """While VANISHED waits, greater modseqs may have been told: a client that comes back must ask from
        before it (RFC 7162 §3.2, §6)."""
        view = self.view
        if self.is_qresync and view is not None and view.withheld:
            self.untagged(b"OK [HIGHESTMODSEQ %d] VANISHED waits" % view.withheld_after)

    def no(self, command: Command, text: str, code: bytes = b"") -> None:
        self.reply(Tagged(command.tag, Status.NO, text, code))

    def bad(self, command: Command, text: str, code: bytes = b"") -> None:
        self.reply(Tagged(command.tag, Status.BAD, text, code))

    def bye(self, text: str, code: bytes = b"") -> None:
        """Say goodbye and end; whatever else has arrived is not read."""
        said = text.encode("ascii", "replace")
        self.untagged(b"BYE [%b] %b" % (code, said) if code else b"BYE " + said)
        self.engine.end()
        self.is_over = True

    # --- who it is ----------------------------------------------------------------------------

    @property
    def store(self) -> ReaderStore:
        """The store as this user may see it, own mailboxes and others'; before the login as nobody."""
        return self.service.store.read_by(self.account_id)

    @property
    def is_secure(self) -> bool:
        """TLS, or loopback where the settings allow it in clear text."""
        if self.connection.tls is not None:
            return True
        return self.service.settings.allows_plain_login and self.connection.peer_host in LOOPBACK

    @property
    def may_log_in(self) -> bool:
        return self.is_secure

    @property
    def can_start_tls(self) -> bool:
        return self.login is None and self.connection.tls is None and self.service.tls_context() is not None

    @property
    def attempt(self) -> LoginAttempt:
        return LoginAttempt(self.connection.peer_host, Scope.IMAP, self.is_secure)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        return mechanisms(self.connection.tls, self.is_secure, self.without)

    def recognize(self, without: frozenset[str]) -> None:
        """The client has said what it is: some things are not for it."""
        self.without_here = known_of_host(self) | without
        self.without = self.without_here | self.login.without if self.login else self.without_here

    def logged_in(self, command: Command, login: Login) -> None:
        """The client has proven who it is; the answer carries the capabilities of the new state."""
        self.login = login
        self.account_id = login.account_id
        self.without = self.without_here | login.without
        self._watch_end()
        self.sasl = None
        self.bad_count = 0
        self.engine.state = State.AUTHENTICATED
        code = b"CAPABILITY " + capabilities(self)
        self.reply(Tagged(command.tag, Status.OK, "logged in", code))
        client = self.connection.peer_host
        self.service.log.info("logged in", account=str(login.address), client=client)

    def check_identity(self) -> None:
        """The directory changed: end when the login would not hold any more."""
        if self.login is None or self.is_over:
            return
        if not self.service.directory.is_still_valid(self.login):
            self._farewell = ("the account or its password has changed", b"")
            self.connection.stop()

    def _watch_end(self) -> None:
        """A token or certificate may end while its session sleeps in IDLE."""
        self._forget_end()
        if self.login is None or self.login.expires_at is None or self.is_over:
            return
        self.check_identity()
        left = self.login.expires_at - self.service.now()
        seconds = min(max(left, LOOKS_SECONDS_MIN), LOOKS_SECONDS_MAX)
        self._login_ends = asyncio.get_running_loop().call_later(seconds, self._watch_end)

    def _forget_end(self) -> None:
        if self._login_ends is not None:
            self._login_ends.cancel()
            self._login_ends = None

    # --- the selected mailbox ---------------------------------------------------------------------

    def selected(self) -> View:
        """The view, with its uids loaded."""
        view = self.view
        assert view is not None, "the engine allows this command only in the selected state"
        if not has_uids(self, view):
            self.store.glance(view.account_id, view.load)
            view.share(self.service.uid_lists)
        return view

    def deselect(self) -> None:
        self.view = None

    def mailbox_gone(self) -> None:
        """Someone deleted the selected mailbox (RFC 2180 §3.3), or shares it no more (RFC 4314 §5.1.1)."""
        is_guest = self.view is not None and self.view.has_own_seen
        why = "is not there for you any more" if is_guest else "was deleted"
        self.bye(f"the selected mailbox {why}", b"UNAVAILABLE")

    def close(self) -> None:
        """The connection is gone."""
        self._forget_end()
        if self.appending is not None:
            self.appending.close()
        if self.watch is not None:
            self.watch.close()
