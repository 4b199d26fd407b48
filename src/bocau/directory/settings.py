"""What an administrator may turn in the directory; every number has a name."""

from dataclasses import dataclass, field
from typing import Final

ALIAS_DEPTH_MAX: Final = 10
"""How long a chain of aliases and groups may be."""
EXPANSION_MAX: Final = 5_000
"""Destinations that one address may reach."""
TARGETS_MAX: Final = 1_000
"""Targets of one alias, members of one group."""
APP_PASSWORDS_MAX: Final = 50
"""Of one account."""
LABEL_CHARACTERS_MAX: Final = 100
PASSWORD_BYTES_MAX: Final = 1_024
DISPLAY_NAME_CHARACTERS_MAX: Final = 200
LOOKUP_CACHE_MAX: Final = 4_096
"""Remembered answers of each kind; a full cache is emptied."""


@dataclass(frozen=True, slots=True)
class ThrottleSettings:
    """When wrong passwords are slowed and refused. One count for all protocols and processes."""

    delays_seconds: tuple[float, ...] = (2.0, 4.0, 8.0, 15.0)
    """How long the answer to the first, second, … wrong password waits; the last value goes on."""
    account_failures_max: int = 10
    """Wrong passwords for one name from one network (/24, /64) before it is refused."""
    network_failures_max: int = 100
    """Different wrong passwords from one network, for whatever names."""
    refuse_seconds: float = 300.0
    """How long it is refused, counted from the last wrong password."""
    forget_seconds: float = 3_600.0
    """Failures are forgotten this long after the last one."""


@dataclass(frozen=True, slots=True)
class PasswordSettings:
    """The cost of one guess, and of a login."""

    argon2_memory_kib: int = 19_456
    argon2_passes: int = 2
    argon2_lanes: int = 1
    hashing_threads: int = 2
    """Passwords checked at the same time in one process."""
    hashing_waiting_max: int = 64
    """Passwords that may wait for that; more are told to come back."""
    scram_iterations: int = 10_000
    """RFC 5802 §5.1 asks for 4,096 at least."""
    warm_entries_max: int = 10_000
    warm_seconds: float = 3_600.0
    """A password proved this long ago is proved again."""
    used_note_seconds: float = 3_600.0
    """last_used_at of a credential is written at most this often."""


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    throttle: ThrottleSettings = field(default_factory=ThrottleSettings)
    passwords: PasswordSettings = field(default_factory=PasswordSettings)
