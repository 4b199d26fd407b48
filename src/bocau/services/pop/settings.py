"""What an administrator may turn in POP3."""

from dataclasses import dataclass
from pathlib import Path

from bocau.rules.quirks import Quirk


@dataclass(frozen=True, slots=True)
class PopSettings:
    hostname: str
    run_folder: Path
    """`DATA/run`: the lock file lives here."""
    plain_on_loopback: bool = False
    """Whether a password may come without TLS from this host itself."""
    login_seconds: float = 120.0
    """How long a client may be silent before it is logged in."""
    idle_seconds: float = 600.0
    """RFC 1939 §3: ten minutes at least."""
    login_delay_seconds: int = 0
    """The least time between two logins of an account (RFC 2449 §6.5); 0: none."""
    quirks: tuple[Quirk, ...] = ()
    """What single networks had better not see."""
    recheck_seconds: float = 30.0
    """How soon a session ends after its password was changed or its account disabled."""
