"""The client's side of SMTP, pure (RFC 5321, 1870, 2034, 2920, 3030, 3207, 3461, 4954, 6152, 6531, 9422).

    greet → hello → [start_tls → hello] → [authenticate] → begin → (BodyWanted → body) → TransactionOver → …
    → quit

Verbs queue bytes, `take()` hands them over; `receive` and `next_event` answer with what the server said.
Commands of a
transaction go out together when the server offers PIPELINING, one by one otherwise; the body goes by BDAT
when it
offers CHUNKING. What each recipient was told is in `answers` at any moment, so that nothing is lost with the
connection.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from bocau.base.errors import PeerGone, SequenceFault, SyntaxFault
from bocau.base.wiretext import UINT63_MAX, number
from bocau.formats import xtext
from bocau.formats.address import Address
from bocau.protocols.sasl.client import ClientMechanism
from bocau.protocols.smtp.client_body import DotStuffer
from bocau.protocols.smtp.events import Body
from bocau.protocols.smtp.reply import Reply, ReplyReader

EAGER_BODY_BYTES_MAX: Final = 64 * 1024
"""A body up to this size is sent by BDAT together with its envelope; a larger one waits for a recipient."""
AUTH_ROUNDS_MAX: Final = 10
RECIPIENTS_DEFAULT: Final = 100
"""RFC 5321 §4.5.3.1.8: what every server takes in one transaction."""


class Step(Enum):
    """What a reply answers; also the phase that a deadline belongs to."""

    GREETING = "greeting"
    HELLO = "EHLO"
    PLAIN_HELLO = "HELO"
    START_TLS = "STARTTLS"
    AUTH = "AUTH"
    RESET = "RSET"
    MAIL = "MAIL FROM"
    RECIPIENT = "RCPT TO"
    DATA = "DATA"
    BODY = "end of data"
    QUIT = "QUIT"


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the server offers: upper-case keyword → its arguments."""

    offered: dict[str, str]

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.offered

    @property
    def size_max(self) -> int | None:
        """RFC 1870 §3: None when it states no limit."""
        return _count(self.offered.get("SIZE", "")) or None

    @property
    def mechanisms(self) -> frozenset[str]:
        return frozenset(self.offered.get("AUTH", "").upper().split(" "))

    @property
    def recipients_max(self) -> int:
        """RFC 9422 §4.3 RCPTMAX, at least 1; 100 when it says nothing."""
        for word in self.offered.get("LIMITS", "").upper().split(" "):
            name, _, value = word.partition("=")
            if name == "RCPTMAX":
                return min(_count(value), 10_000) or RECIPIENTS_DEFAULT
        return RECIPIENTS_DEFAULT


@dataclass(frozen=True, slots=True)
class ForwardPath:
    """A recipient with its RFC 3461 parameters, as the server is to be told."""

    address: Address
    notify: str | None = None
    original: str | None = None
    """ORCPT, decoded: "rfc822;user@example.org"."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One message for several recipients."""

    reverse_path: Address | None
    recipients: tuple[ForwardPath, ...]
    size_bytes: int
    body: Body = Body.EIGHT_BIT
    needs_smtputf8: bool = False
    ret: str | None = None
    envid: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server told one recipient last. Only a positive reply to BODY means delivered."""

    step: Step
    reply: Reply

    @property
    def is_delivered(self) -> bool:
        return self.step is Step.BODY and self.reply.is_positive


@dataclass(frozen=True, slots=True)
class Done:
    """The step succeeded."""

    step: Step
    reply: Reply


@dataclass(frozen=True, slots=True)
class Refusal:
    """The step failed; a transaction's refusals are in its answers instead."""

    step: Step
    reply: Reply


@dataclass(frozen=True, slots=True)
class BodyWanted:
    """Send the body by `body()` and `end_body()`."""


@dataclass(frozen=True, slots=True)
class TransactionOver:
    """Every recipient has its answer."""


Event: TypeAlias = Done | Refusal | BodyWanted | TransactionOver

_READY: Final = 354
_MORE: Final = 334


class SmtpClient:
    """One connection, seen from the client."""

    def __init__(self, hello_name: str) -> None:
        self.extensions = Extensions({})
        self.answers: dict[int, Answer] = {}
        """By position in the transaction's recipients."""
        self._hello_name = hello_name
        self._reader = ReplyReader()
        self._outgoing: list[bytes] = []
        self._expected: deque[tuple[Step, int]] = deque([(Step.GREETING, 0)])
        self._waiting: deque[tuple[Step, int, bytes]] = deque()
        self._mechanism: ClientMechanism | None = None
        self._auth_rounds = 0
        self._transaction: Transaction | None = None
        self._accepted: list[int] = []
        self._needs_reset = False
        self._is_body_sent = False
        self._is_bdat = False
        self._is_body_open = False
        self._stuffer = DotStuffer()

    # --- bytes in and out ---------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire."""
        self._reader.receive(data)

    def take(self) -> list[bytes]:
        """What is to be sent now."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    @property
    def is_outcome_unknown(self) -> bool:
        """Whether a server that is lost now may have taken the message: it accepted somebody and has the
        whole body."""
        return self._is_body_sent and bool(self._accepted)

    @property
    def step(self) -> Step:
        """What the next reply answers, for its deadline."""
        return self._expected[0][0] if self._expected else Step.QUIT

    def next_event(self) -> Event | None:
        """What the server's next replies mean.

        Raises SyntaxFault, TooLong, SequenceFault when it talks nonsense, PeerGone when it announces that it
        closes (421)."""
        while (reply := self._reader.next_reply()) is not None:
            if not self._expected:
                raise PeerGone(_words(reply)) if reply.code == 421 else SequenceFault("a reply to nothing")
            step, index = self._expected.popleft()
            event = self._answered(step, index, reply)
            if event is not None:
                return event
        return None

    def _answered(self, step: Step, index: int, reply: Reply) -> Event | None:
        match step:
            case Step.RESET | Step.MAIL | Step.RECIPIENT | Step.DATA | Step.BODY:
                return self._transaction_answered(step, index, reply)
            case Step.HELLO | Step.PLAIN_HELLO:
                return self._hello_answered(step, reply)
            case Step.AUTH:
                return self._auth_answered(reply)
            case _:
                return Done(step, reply) if 200 <= reply.code < 300 else Refusal(step, reply)

    def _send(self, step: Step, line: bytes, index: int = 0) -> None:
        self._outgoing.append(line)
        self._expected.append((step, index))

    # --- the session --------------------------------------------------------------

    def hello(self) -> None:
        """Say EHLO; HELO follows by itself when the server knows no EHLO (RFC 5321 §3.2)."""
        self._send(Step.HELLO, b"EHLO " + self._hello_name.encode("ascii") + b"\r\n")

    def _hello_answered(self, step: Step, reply: Reply) -> Event | None:
        if 200 <= reply.code < 300:
            lines = reply.lines[1:] if step is Step.HELLO else ()
            self.extensions = Extensions(dict(_keyword(line) for line in lines))
            return Done(Step.HELLO, reply)
        if step is Step.HELLO and reply.code >= 500:
            self._send(Step.PLAIN_HELLO, b"HELO " + self._hello_name.encode("ascii") + b"\r\n")
            return None
        return Refusal(Step.HELLO, reply)

    def start_tls(self) -> None:
        """Ask for TLS (RFC 3207); after `Done` upgrade the transport, then call `secured()`."""
        self._send(Step.START_TLS, b"STARTTLS\r\n")

    def secured(self) -> None:
        """Everything that was said in clear text is forgotten (RFC 3207 §4.2), also what was read ahead."""
        self.extensions = Extensions({})
        self._reader = ReplyReader()
        self._expected.clear()

    def authenticate(self, mechanism: ClientMechanism) -> None:
        """Log in (RFC 4954). Ask only inside TLS."""
        self._mechanism = mechanism
        self._auth_rounds = 0
        initial = mechanism.initial()
        argument = b"" if initial is None else b" " + (b64encode(initial) or b"=")
        self._send(Step.AUTH, b"AUTH " + mechanism.name.encode("ascii") + argument + b"\r\n")

    def _auth_answered(self, reply: Reply) -> Event | None:
        assert self._mechanism is not None
        if reply.code == _MORE:
            self._respond(reply)
            return None
        if not 200 <= reply.code < 300:
            return Refusal(Step.AUTH, reply)
        self._finish(reply)
        return Done(Step.AUTH, reply)

    def _finish(self, reply: Reply) -> None:
        """Some servers send SCRAM's last message with the success instead of before it."""
        assert self._mechanism is not None
        try:
            last = b64decode(reply.lines[0].encode("ascii"), validate=True)
        except (UnicodeEncodeError, Base64Error):
            last = b""
        if last.startswith(b"v="):
            self._mechanism.respond(last)
        self._mechanism.finish()

    def _respond(self, reply: Reply) -> None:
        assert self._mechanism is not None
        self._auth_rounds += 1
        if self._auth_rounds > AUTH_ROUNDS_MAX:
            raise SequenceFault("endless authentication")
        try:
            challenge = b64decode(reply.lines[0].encode("ascii"), validate=True)
        except (UnicodeEncodeError, Base64Error):
            raise SyntaxFault("challenge is not base64") from None
        self._send(Step.AUTH, b64encode(self._mechanism.respond(challenge)) + b"\r\n")

    def quit(self) -> None:
        """Say goodbye; the answer does not matter."""
        self._send(Step.QUIT, b"QUIT\r\n")

    # --- a transaction ------------------------------------------------------------

    def unfit(self, transaction: Transaction) -> Reply | None:
        """Why this server cannot take the message, in the words of a reply; None when it can."""
        if transaction.needs_smtputf8 and "SMTPUTF8" not in self.extensions:
            return Reply(553, "5.6.7", "the server does not take internationalized addresses (SMTPUTF8)")
        if (
            transaction.body is Body.BINARY
            and not {"BINARYMIME", "CHUNKING"} <= self.extensions.offered.keys()
        ):
            return Reply(554, "5.6.1", "the server does not take binary content (BINARYMIME)")
        size_max = self.extensions.size_max
        if size_max is not None and transaction.size_bytes > size_max:
            return Reply(552, "5.3.4", f"the server takes at most {size_max} bytes")
        return None

    def begin(self, transaction: Transaction) -> bool:
        """Send the envelope. True: the body may follow at once (`body`, `end_body`), without waiting for an
        event."""
        assert not self._expected and not self._is_body_open
        self._transaction = transaction
        self.answers = {}
        self._accepted = []
        self._is_body_sent = False
        self._is_bdat = "CHUNKING" in self.extensions
        self._stuffer = DotStuffer()
        if self._needs_reset:
            self._waiting.append((Step.RESET, 0, b"RSET\r\n"))
        self._needs_reset = True
        self._waiting.append((Step.MAIL, 0, self._mail(transaction)))
        for index, recipient in enumerate(transaction.recipients):
            self._waiting.append((Step.RECIPIENT, index, self._recipient(recipient)))
        if not self._is_bdat:
            self._waiting.append((Step.DATA, 0, b"DATA\r\n"))
        self._advance()
        is_eager = self._is_bdat and transaction.size_bytes <= EAGER_BODY_BYTES_MAX and not self._waiting
        if is_eager:
            self._open_chunk()
        return is_eager

    def _advance(self) -> None:
        """Send what may be sent: all of it to a pipelining server, else the next command."""
        is_pipelining = "PIPELINING" in self.extensions
        while self._waiting and (is_pipelining or not self._expected):
            step, index, line = self._waiting.popleft()
            self._send(step, line, index)

    def _mail(self, transaction: Transaction) -> bytes:
        path = b"" if transaction.reverse_path is None else str(transaction.reverse_path).encode("utf-8")
        words = [b"MAIL FROM:<" + path + b">"]
        if "SIZE" in self.extensions:
            words.append(b"SIZE=%d" % transaction.size_bytes)
        if transaction.body is Body.BINARY or (
            "8BITMIME" in self.extensions and transaction.body is not Body.SEVEN_BIT
        ):
            words.append(b"BODY=" + transaction.body.value.encode("ascii"))
        if transaction.needs_smtputf8:
            words.append(b"SMTPUTF8")
        if "DSN" in self.extensions:
            words += [b"RET=" + transaction.ret.encode("ascii")] if transaction.ret else []
            words += (
                [b"ENVID=" + xtext.encode(transaction.envid.encode("utf-8"))] if transaction.envid else []
            )
        return b" ".join(words) + b"\r\n"

    def _recipient(self, recipient: ForwardPath) -> bytes:
        words = [b"RCPT TO:<" + str(recipient.address).encode("utf-8") + b">"]
        if "DSN" in self.extensions:
            words += [b"NOTIFY=" + recipient.notify.encode("ascii")] if recipient.notify else []
            words += [b"ORCPT=" + _orcpt(recipient.original)] if recipient.original else []
        return b" ".join(words) + b"\r\n"

    def _transaction_answered(self, step: Step, index: int, reply: Reply) -> Event | None:
        if reply.code == 421:
            self._note_closing(step, index, reply)
        match step:
            case Step.MAIL if not _is_done(reply):
                self._settle_all(Answer(step, _failed(reply)))
            case Step.RECIPIENT if index not in self.answers:
                self._recipient_answered(index, reply)
            case Step.DATA:
                return self._data_answered(reply)
            case Step.BODY:
                return self._body_answered(reply)
        if self._expected or self._is_body_open:
            return None
        return self._envelope_over()

    def _note_closing(self, step: Step, index: int, reply: Reply) -> None:
        if step is Step.RECIPIENT:
            self.answers.setdefault(index, Answer(step, reply))
        raise PeerGone(_words(reply))

    def _recipient_answered(self, index: int, reply: Reply) -> None:
        if _is_done(reply):
            self._accepted.append(index)
        else:
            self.answers[index] = Answer(Step.RECIPIENT, _failed(reply))

    def _settle_all(self, answer: Answer) -> None:
        assert self._transaction is not None
        for index in range(len(self._transaction.recipients)):
            self.answers.setdefault(index, answer)

    def _envelope_over(self) -> Event | None:
        """All commands sent so far are answered: send the next ones, ask for the body, or stop."""
        assert self._transaction is not None
        if len(self.answers) == len(self._transaction.recipients):
            self._waiting.clear()
            return TransactionOver()
        if self._waiting:
            self._advance()
            return None
        self._open_chunk()
        return BodyWanted()

    def _open_chunk(self) -> None:
        """One chunk for the whole body: its size is known (RFC 3030 §2)."""
        assert self._transaction is not None
        self._outgoing.append(b"BDAT %d LAST\r\n" % self._transaction.size_bytes)
        self._is_body_open = True

    def _data_answered(self, reply: Reply) -> Event | None:
        assert self._transaction is not None
        if reply.code != _READY:
            self._settle_all(Answer(Step.DATA, _failed(reply)))
            return TransactionOver()
        if len(self.answers) == len(self._transaction.recipients):
            # RFC 2920 §3.1: nobody was accepted, yet it waits for a message: give it an empty one.
            self._send(Step.BODY, b".\r\n")
            return None
        self._is_body_open = True
        return BodyWanted()

    def body(self, data: bytes) -> None:
        """The next piece of the body."""
        assert self._is_body_open
        self._outgoing.append(data if self._is_bdat else self._stuffer.piece(data))

    def end_body(self) -> None:
        """The body is complete."""
        assert self._is_body_open
        self._is_body_open = False
        self._is_body_sent = True
        self._send(Step.BODY, b"" if self._is_bdat else self._stuffer.end())

    def _body_answered(self, reply: Reply) -> Event:
        self._settle_all(Answer(Step.BODY, reply if _is_done(reply) else _failed(reply)))
        # A taken message leaves the server in its initial state (RFC 5321 §4.1.1.4). A refusal may not: after
        # "no valid recipients" many still know the sender, and answer the next MAIL with 503.
        self._needs_reset = not _is_done(reply)
        return TransactionOver()


def _is_done(reply: Reply) -> bool:
    return 200 <= reply.code < 300


def _failed(reply: Reply) -> Reply:
    """A positive reply where it means nothing (250 to DATA, 354 to the final dot) is a passing failure."""
    if reply.code >= 400:
        return reply
    return Reply(451, "4.5.0", f"unexpected reply: {_words(reply)}")


def _words(reply: Reply) -> str:
    return f"{reply.code} {reply.enhanced} {' '.join(reply.lines)}"


def _keyword(line: str) -> tuple[str, str]:
    # "AUTH=LOGIN PLAIN" is what old servers say.
    name, _, arguments = (
        line.replace("=", " ", 1).partition(" ") if line[:5].upper() == "AUTH=" else line.partition(" ")
    )
    return name.upper(), arguments


def _orcpt(original: str) -> bytes:
    kind, _, address = original.partition(";")
    return kind.encode("ascii", "replace") + b";" + xtext.encode(address.encode("utf-8"))


def _count(text: str) -> int:
    """A number that a server states; 0 when it is none."""
    try:
        return number(text.encode("utf-8", "replace"), maximum=UINT63_MAX)
    except SyntaxFault:
        return 0
