"""What a client said: the events of the server engine, one frozen value each."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TypeAlias

from bocau.formats.address import Address


class Hello(StrEnum):
    """RFC 5321 §4.1.1.1; RFC 2033 §4.1."""

    HELO = "HELO"
    EHLO = "EHLO"
    LHLO = "LHLO"


class Body(StrEnum):
    """RFC 6152, RFC 3030 §3."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT = "8BITMIME"
    BINARY = "BINARYMIME"


class Fault(Enum):
    """What is wrong with what was sent. The fatal ones end the conversation."""

    UNKNOWN_COMMAND = "unknown command"
    BAD_LINE = "NUL, bare CR or unreadable text in a command"
    LINE_TOO_LONG = "line too long"
    BAD_ARGUMENT = "argument missing or not understood"
    BAD_SENDER = "reverse-path not understood"
    BAD_RECIPIENT = "forward-path not understood"
    BAD_PARAMETER = "parameter not recognized"
    OUT_OF_SEQUENCE = "understood, but not now"
    NO_RECIPIENTS = "data without an accepted recipient"
    BAD_RESPONSE = "not base64"
    BARE_LINE_END = "bare CR or LF in a message"
    MESSAGE_TOO_LARGE = "message larger than the limit"

    BARE_LF = "a command ended by a bare LF"
    EARLY_INPUT = "input before the answer that it must wait for"
    NOT_SMTP = "another protocol"
    TOO_MUCH_JUNK = "unreadable input without end"
    UNCOUNTABLE_CHUNK = "BDAT whose octets cannot be told from commands"
    NEVER_ENDING_BODY = "a refused message that goes on and on"


FATAL = frozenset(
    {
        Fault.BARE_LF,
        Fault.EARLY_INPUT,
        Fault.NOT_SMTP,
        Fault.TOO_MUCH_JUNK,
        Fault.UNCOUNTABLE_CHUNK,
        Fault.NEVER_ENDING_BODY,
    }
)


@dataclass(frozen=True, slots=True)
class HelloSaid:
    """HELO, EHLO, LHLO."""

    verb: Hello
    name: str


@dataclass(frozen=True, slots=True)
class MailFrom:
    """MAIL with its parameters (RFC 1870, 6152, 3030, 6531, 3461 §4.3–4.4, 4954 §5)."""

    reverse_path: Address | None
    """None: "<>"."""
    size: int | None = None
    body: Body = Body.SEVEN_BIT
    smtputf8: bool = False
    ret: str | None = None
    envid: str | None = None
    is_ascii: bool = True
    """Whether the path was written without UTF-8."""


@dataclass(frozen=True, slots=True)
class RcptTo:
    """RCPT with its parameters (RFC 3461 §4.1–4.2). `<postmaster>` alone: no domain (RFC 5321 §4.5.1)."""

    address: Address
    notify: frozenset[str] | None = None
    original: str | None = None
    is_ascii: bool = True


@dataclass(frozen=True, slots=True)
class DataAsked:
    """DATA: answer 354 to have the body."""


@dataclass(frozen=True, slots=True)
class BodyPiece:
    """Some octets of the body, dots unstuffed."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ChunkEnded:
    """A BDAT chunk that is not the last is complete; `data` is its last piece (RFC 3030 §2)."""

    data: bytes
    size: int


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """The body is complete; `data` is its last piece. Answered once, in LMTP once per recipient."""

    data: bytes


@dataclass(frozen=True, slots=True)
class MessageFaulty:
    """The body is refused. Comes as soon as it is known; what is left of the body is read and thrown away.

    Answered like MessageEnded."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class ResetAsked:
    """RSET."""


@dataclass(frozen=True, slots=True)
class QuitAsked:
    """QUIT."""


@dataclass(frozen=True, slots=True)
class NoopSaid:
    """NOOP."""


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """HELP."""


@dataclass(frozen=True, slots=True)
class VerifyAsked:
    """VRFY."""

    text: str


@dataclass(frozen=True, slots=True)
class ExpandAsked:
    """EXPN."""

    text: str


@dataclass(frozen=True, slots=True)
class StartTlsAsked:
    """STARTTLS: a positive answer is the last thing said in clear text (RFC 3207)."""


@dataclass(frozen=True, slots=True)
class AuthAsked:
    """AUTH with its decoded initial response (RFC 4954 §4); `=` is an empty one."""

    mechanism: str
    initial: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """The decoded answer to a 334."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthCancelled:
    """`*` in answer to a 334."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """A line that gets an error; when `fault` is in FATAL the conversation is over after the reply."""

    fault: Fault
    verb: str = ""


Event: TypeAlias = (
    HelloSaid
    | MailFrom
    | RcptTo
    | DataAsked
    | BodyPiece
    | ChunkEnded
    | MessageEnded
    | MessageFaulty
    | ResetAsked
    | QuitAsked
    | NoopSaid
    | HelpAsked
    | VerifyAsked
    | ExpandAsked
    | StartTlsAsked
    | AuthAsked
    | AuthResponse
    | AuthCancelled
    | Faulty
)
