"""What of IMAP an administrator may change."""

from dataclasses import dataclass

from bocau.rules.quirks import Quirk


@dataclass(frozen=True, slots=True)
class ImapSettings:
    hostname: str = "localhost"
    allows_plain_login: bool = False
    """LOGIN and AUTHENTICATE PLAIN without TLS: only for clients on the loopback interface."""
    append_bytes_max: int = 64 * 1024 * 1024
    login_seconds: float = 60.0
    """How long a client may take between two steps before it has logged in."""
    jmap_url: str = ""
    """Where the same mail is served by JMAP (RFC 9698); "": nowhere."""
    allows_unauthenticate: bool = True
    """UNAUTHENTICATE (RFC 8437 §8 asks for a way to do without)."""
    support_url: str = ""
    """Where people find help, in the answer to ID (RFC 2971 §3.3); ASCII."""
    quirks: tuple[Quirk, ...] = ()
    """What single clients and networks had better not see, beside what is built in."""
    idle_seconds: float = 31 * 60.0
    """RFC 9051 §5.4: at least 30 minutes; clients renew IDLE after 29."""
    still_here_seconds: float = 120.0
    """How often an idle client hears from us, so that NAT boxes keep its connection."""
    bad_commands_max: int = 20
    bad_commands_before_login_max: int = 5
    messages_per_command_max: int = 1_000_000
    """Messages that one FETCH, STORE, SEARCH, MOVE or UID EXPUNGE works on (RFC 9738 MESSAGELIMIT). Clients
    that do not know of it take a part for the whole, so it lies above any mailbox that one would keep."""
    messages_saved_max: int = 1_000_000
    """Messages that one COPY may make (RFC 9738 SAVELIMIT); not below `messages_per_command_max`."""
