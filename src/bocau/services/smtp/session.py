"""One conversation with a client: the engine, who it is, the transaction it is in (RFC 5321, 6409, 2033)."""

import asyncio
from typing import TYPE_CHECKING

from bocau.base.errors import BadCredentials, BocauError
from bocau.directory import Login
from bocau.flow.values import Arrived, Origin
from bocau.formats.address import Address
from bocau.protocols.smtp import Reply, ServerEngine, State
from bocau.protocols.smtp.events import Event, Fault, Hello, HelloSaid, MailFrom
from bocau.rules.quirks import without_for_host
from bocau.runtime.connection import Connection
from bocau.services.authentication import Authentication
from bocau.services.smtp import replies
from bocau.services.smtp.commands import COMMANDS, IDLE
from bocau.services.smtp.errors import reply_to
from bocau.services.smtp.transaction import Transaction

if TYPE_CHECKING:
    from bocau.services.smtp.service import SmtpService


class SmtpSession:
    """Handed to `runtime.conversation.converse`; commands read and change it."""

    __slots__ = (
        "_body_began_at",
        "_connected_at",
        "_has_moved",
        "_phase_began_at",
        "authentication",
        "connection",
        "engine",
        "fault_count",
        "hello",
        "idle_commands",
        "is_over",
        "login",
        "refused_recipients",
        "service",
        "transaction",
        "without_here",
    )

    def __init__(self, service: "SmtpService", connection: Connection) -> None:
        self.service = service
        self.connection = connection
        self.engine = ServerEngine(service.profile.dialect, service.body_limits)
        self.is_over = False
        self.without_here = without_for_host(service.settings.quirks, connection.peer_host)
        """Capability words that are switched off, whoever logs in."""
        self.hello: HelloSaid | None = None
        self.login: Login | None = None
        self.authentication: Authentication | None = None
        self.transaction = Transaction(service.in_flight)
        self.fault_count = 0
        self.refused_recipients = 0
        self.idle_commands = 0
        self._connected_at = self._phase_began_at = service.clock.monotonic()
        self._has_moved = False
        self._body_began_at: float | None = None

    @property
    def without(self) -> frozenset[str]:
        """Capability words that are switched off now."""
        return self.without_here | self.login.without if self.login is not None else self.without_here

    # --- the conversation ------------------------------------------------------------

    async def begin(self) -> None:
        """Greet, unless the client could not wait: then it is no mail server (or speaks another protocol)."""
        if self.service.watches_early_talkers:
            # One turn of the loop, no wait: what the kernel holds already comes up.
            await asyncio.sleep(0)
            if self.connection.has_input and await self.connection.read(0):
                self.note_refused("talks before the greeting")
                self.say(replies.FAULTS[Fault.EARLY_INPUT])
                self.is_over = True
                return
        self.say(self.service.greeting)

    async def handle(self, event: Event) -> None:
        """Answer one event."""
        kind = type(event)
        self._has_moved = True
        try:
            answer = await COMMANDS[kind](self, event)
        except BocauError as error:
            answer = reply_to(error)
        if answer is None:
            return
        if isinstance(answer, Reply):
            self.say(answer)
        else:
            self.say(*answer)
        if kind in IDLE or (kind is MailFrom and self.transaction.mail is None):
            self.idle_commands += 1
        if not self.is_over:
            self._mind_limits()

    def say(self, *answer: Reply) -> None:
        self.connection.write(self.engine.send(*answer))

    def _mind_limits(self) -> None:
        limits = self.service.settings.limits
        if self.fault_count >= limits.faults_max:
            self._end(replies.TOO_MANY_FAULTS)
        elif self.refused_recipients >= limits.refused_recipients_max:
            self._end(replies.TOO_MANY_GUESSES)
        elif self.idle_commands >= limits.idle_commands_max:
            self._end(replies.TOO_MANY_IDLE_COMMANDS)

    def _end(self, last_words: Reply) -> None:
        self.note_refused(last_words.lines[0])
        self.say(last_words)
        self.is_over = True

    def expired(self) -> None:
        self.say(replies.SILENT)

    def stopping(self) -> None:
        self.say(replies.STOPPING)

    def close(self) -> None:
        """The connection is gone, however it ended."""
        self.reset_transaction()
        self.authentication = None

    # --- deadlines -------------------------------------------------------------------

    @property
    def deadline_seconds(self) -> float:
        """How long until the next whole command or piece of a body must be here: a drip buys no time."""
        now = self.service.clock.monotonic()
        if self._has_moved:
            self._has_moved, self._phase_began_at = False, now
        return max(0.0, self._phase_ends_at() - now)

    def _phase_ends_at(self) -> float:
        deadlines = self.service.settings.deadlines
        if self._body_began_at is not None:
            return min(
                self._phase_began_at + deadlines.data_seconds, self._body_began_at + deadlines.message_seconds
            )
        if self.engine.state is State.START and self.hello is None:
            return self._connected_at + deadlines.hello_seconds
        ends_at = self._phase_began_at + deadlines.command_seconds
        if self.service.profile.requires_login and self.login is None:
            return min(ends_at, self._connected_at + deadlines.login_seconds)
        return ends_at

    # --- the transaction -------------------------------------------------------------

    def reset_transaction(self) -> None:
        """The one way a transaction ends, whatever ended it: nothing of it reaches the next."""
        self.transaction.body.drop()
        self.transaction = Transaction(self.service.in_flight)
        self._body_began_at = None

    def forget(self) -> None:
        """TLS has begun: everything learned in clear text is forgotten (RFC 3207 §4.2)."""
        self.reset_transaction()
        self.hello = None
        self.login = None
        self.authentication = None

    def check_login(self) -> None:
        """A changed password, a removed token or a disabled account ends the login. BadCredentials."""
        if self.login is not None and not self.service.directory.is_still_valid(self.login):
            self.login = None
            raise BadCredentials("the login is no longer valid")

    def begin_body(self) -> None:
        if self._body_began_at is None:
            self._body_began_at = self.service.clock.monotonic()

    def arrived(self, content: bytes) -> Arrived:
        """The message with its envelope and where it comes from."""
        service = self.service
        return Arrived(
            envelope=self.transaction.envelope(),
            origin=self._origin(),
            content=content,
            trace_id=service.new_trace_id(),
            arrived_at=service.clock.now(),
        )

    def _origin(self) -> Origin:
        connection, tls = self.connection, self.connection.tls
        return Origin(
            client_host=connection.peer_host,
            client_port=connection.peer_port,
            helo=self.hello.name if self.hello else "",
            protocol=self._protocol(),
            tls_version=tls.version if tls else "",
            tls_cipher=tls.cipher if tls else "",
            account_id=self.login.account_id if self.login else None,
        )

    def _protocol(self) -> str:
        """The "with" keyword of Received (RFC 3848, RFC 6531 §4.3)."""
        verb = self.hello.verb if self.hello else Hello.HELO
        if verb is Hello.HELO:
            return "SMTP"
        mail = self.transaction.mail
        if mail is not None and mail.smtputf8:
            name = "UTF8LMTP" if verb is Hello.LHLO else "UTF8SMTP"
        else:
            name = "LMTP" if verb is Hello.LHLO else "ESMTP"
        return f"{name}{'S' if self.connection.tls else ''}{'A' if self.login else ''}"

    # --- what is noted ---------------------------------------------------------------

    def note_received(self, arrived: Arrived, answer: Reply) -> None:
        """One line for each message that the flow has settled; its id leads to every recipient's."""
        envelope = arrived.envelope
        self.service.log.info(
            "received",
            id=arrived.trace_id,
            client=arrived.origin.client_host,
            sender=str(envelope.reverse_path or "<>"),
            recipients=len(envelope.recipients),
            size=len(arrived.content),
            reply=answer.code,
        )

    def refuse_recipient(self, address: Address, reply: Reply) -> Reply:
        """Count it, if it is for good: those who guess names are sent away."""
        if reply.code >= 500:
            self.refused_recipients += 1
        self.note_refused(f"{reply.code} {reply.enhanced}", recipient=str(address))
        return reply

    def refuse_login(self, reply: Reply, error: BocauError) -> Reply:
        self.fault_count += 1
        self.note_refused(f"login: {type(error).__name__}")
        return reply

    def note_refused(self, reason: str, **fields: object) -> None:
        self.service.log.info(
            "refused",
            client=self.connection.peer_host,
            helo=self.hello.name if self.hello else "",
            reason=reason,
            **fields,
        )
