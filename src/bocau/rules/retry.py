"""When to try again, when to warn, when to give up (RFC 5321 §4.5.4.1). Chance is handed in as a number in
[0, 1)."""

from typing import Final

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86_400

FIRST_SECONDS: Final = 5 * MINUTE
LAST_SECONDS: Final = 4 * HOUR
GROWTH: Final = 1.8
JITTER: Final = 0.2
"""Each pause is up to this share longer or shorter, so that what failed together does not return together."""

LIFETIME_SECONDS: Final = 5 * DAY
WARNING_SECONDS: Final = 4 * HOUR

HOST_FIRST_SECONDS: Final = 1 * MINUTE
HOST_LAST_SECONDS: Final = 30 * MINUTE


def pause_seconds(attempts: int, chance: float) -> int:
    """How long a recipient rests after its `attempts`-th failed attempt: 5 min growing to 4 h."""
    return _grown(FIRST_SECONDS, LAST_SECONDS, attempts, chance)


def host_pause_seconds(failures: int, chance: float) -> int:
    """How long a destination that cannot be reached is spared after `failures` in a row: 1 min growing to 30
    min."""
    return _grown(HOST_FIRST_SECONDS, HOST_LAST_SECONDS, failures, chance)


def _grown(first: int, last: int, count: int, chance: float) -> int:
    # The exponent is bounded so that a large count does not overflow.
    length = min(float(last), first * GROWTH ** min(max(count, 1) - 1, 64))
    return int(length * (1.0 - JITTER + 2.0 * JITTER * chance))
