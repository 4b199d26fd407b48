"""What a POP3 client said."""

from dataclasses import dataclass, field
from enum import Enum


class Fault(Enum):
    """Why a line is not obeyed; the value is what the client reads."""

    UNKNOWN_COMMAND = "Unknown command"
    NOT_NOW = "Not in this state"
    BAD_ARGUMENT = "Bad argument"
    LINE_TOO_LONG = "Line too long"
    TOO_MANY = "Too many bad commands"
    CANCELLED = "Cancelled"


@dataclass(frozen=True, slots=True)
class Faulty:
    fault: Fault
    is_fatal: bool = False
    """The session answers and hangs up."""


@dataclass(frozen=True, slots=True)
class UserSaid:
    """RFC 1939 §7."""

    name: str


@dataclass(frozen=True, slots=True)
class PassSaid:
    """With the name of the USER before."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthAsked:
    """RFC 5034 §4. `initial` is still base64; None when there was none."""

    mechanism: str
    initial: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class MechanismsAsked:
    """AUTH without argument: an old way to ask what CAPA tells."""


@dataclass(frozen=True, slots=True)
class ResponseSaid:
    """A line of an exchange, still base64."""

    line: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StartTlsAsked:
    """RFC 2595 §4."""


@dataclass(frozen=True, slots=True)
class CapabilitiesAsked:
    """RFC 2449 §5."""


@dataclass(frozen=True, slots=True)
class Utf8Asked:
    """RFC 6856 §2."""


@dataclass(frozen=True, slots=True)
class LanguageAsked:
    """RFC 6856 §3. `tag` in lower case, "*" for the server's own; None: which are there?"""

    tag: str | None


@dataclass(frozen=True, slots=True)
class StatAsked: ...


@dataclass(frozen=True, slots=True)
class ListAsked:
    """RFC 1939 §5. `number` None: all messages."""

    number: int | None


@dataclass(frozen=True, slots=True)
class UidListAsked:
    number: int | None


@dataclass(frozen=True, slots=True)
class Retrieve:
    number: int


@dataclass(frozen=True, slots=True)
class TopAsked:
    """RFC 1939 §7: the header and `lines` lines of the body."""

    number: int
    lines: int


@dataclass(frozen=True, slots=True)
class Delete:
    number: int


@dataclass(frozen=True, slots=True)
class ResetAsked: ...


@dataclass(frozen=True, slots=True)
class NoopSaid: ...


@dataclass(frozen=True, slots=True)
class QuitAsked: ...


Event = (
    Faulty
    | UserSaid
    | PassSaid
    | AuthAsked
    | MechanismsAsked
    | ResponseSaid
    | StartTlsAsked
    | CapabilitiesAsked
    | Utf8Asked
    | LanguageAsked
    | StatAsked
    | ListAsked
    | UidListAsked
    | Retrieve
    | TopAsked
    | Delete
    | ResetAsked
    | NoopSaid
    | QuitAsked
)
