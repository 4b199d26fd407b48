"""The values that travel the two roads. Frozen; a stage takes one and returns the next."""

from enum import Enum, StrEnum
from typing import NamedTuple

from bocau.base.ids import AccountId
from bocau.formats.address import Address


class BodyType(StrEnum):
    """RFC 1652, RFC 3030."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT = "8BITMIME"
    BINARY = "BINARYMIME"


class Notify(Enum):
    """RFC 3461 §4.1."""

    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


class Origin(NamedTuple):
    """Which connection brought it, for Received and the log."""

    client_host: str
    client_port: int
    helo: str
    protocol: str
    """RFC 3848 / 6531 keyword: SMTP, ESMTP, ESMTPS, ESMTPSA, UTF8SMTP…, LMTP…; "" when made here."""
    tls_version: str = ""
    tls_cipher: str = ""
    account_id: AccountId | None = None
    """The login of a submission."""


class Recipient(NamedTuple):
    """One RCPT TO with its RFC 3461 parameters."""

    address: Address
    notify: frozenset[Notify] | None = None
    """None: not said (FAILURE and DELAY are implied)."""
    original: str | None = None
    """ORCPT as given ("rfc822;user@example.org")."""


class Envelope(NamedTuple):
    """An SMTP transaction's envelope."""

    reverse_path: Address | None
    """None: the null reverse-path "<>"."""
    recipients: tuple[Recipient, ...]
    body_type: BodyType = BodyType.EIGHT_BIT
    smtputf8: bool = False
    ret: str | None = None
    """RFC 3461 §4.3: FULL, HDRS or None."""
    envid: str | None = None
    size_declared: int | None = None


class Arrived(NamedTuple):
    """A whole message with its envelope, as received: CRLF lines, dots unstuffed, no trace header of ours
    yet."""

    envelope: Envelope
    origin: Origin
    content: bytes
    trace_id: str
    """Names this message in every log line and in our Received header."""
    arrived_at: float
    reasons: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What became of one recipient. `error` None: delivered or queued (durable)."""

    recipient: Recipient
    error: Exception | None = None
