"""What an SMTP listener can be told."""

from dataclasses import dataclass, field
from typing import Final

from bocau.rules.quirks import Quirk

MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SmtpDeadlines:
    """How long a client may take. RFC 5321 §4.5.3.2 speaks of silence; here every phase has an end."""

    hello_seconds: float = 60.0
    """From the greeting to the first command."""
    login_seconds: float = 60.0
    """From the greeting to a login, where one is required."""
    command_seconds: float = 300.0
    """From one answer to the next whole command."""
    data_seconds: float = 180.0
    """From one piece of a body to the next."""
    message_seconds: float = 1800.0
    """From 354 to the end of the body, however busy the line."""


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """What one conversation may cost."""

    message_bytes_max: int = 50 * MEGABYTE
    discard_bytes_max: int = 250 * MEGABYTE
    """How much of a refused body is read to its end; then the connection is closed."""
    recipients_max: int = 1000
    """Per message (RFC 5321 §4.5.3.1.8 asks for 100 at least)."""
    faults_max: int = 20
    """Commands that were wrong, and logins that failed or were given up."""
    refused_recipients_max: int = 25
    """Recipients that do not exist: a client that guesses is sent away."""
    idle_commands_max: int = 1000
    """NOOP, RSET, VRFY and their like, and refused MAIL, since the last message."""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    hostname: str
    """Our name in the greeting and in EHLO."""
    postmaster_domain: str = ""
    """Where `<postmaster>` without a domain goes (RFC 5321 §4.5.1); empty: `hostname` or the first domain."""
    limits: SmtpLimits = field(default_factory=SmtpLimits)
    deadlines: SmtpDeadlines = field(default_factory=SmtpDeadlines)
    refuses_early_talkers: bool = True
    """A client that speaks before the greeting is no mail server."""
    quirks: tuple[Quirk, ...] = ()
    """What single networks had better not see."""
    body_bytes_in_flight_max: int = 256 * MEGABYTE
    """Bodies being received by one process, all connections together."""
