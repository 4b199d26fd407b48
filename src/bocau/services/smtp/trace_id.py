"""Names for messages on their way: short, unique over processes and restarts, sorted by time."""

import os
from typing import Final

from bocau.runtime.clock import Clock

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that looks like a digit."""
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_PROCESS_BITS: Final = 22
"""Linux's largest pid_max."""
_COUNTER_BITS: Final = 8
_PAIR_COUNT: Final = 8
"""80 bits: 50 of milliseconds, then process and counter."""


class TraceIds:
    """One per process. The instance is called for each new id."""

    def __init__(self, clock: Clock, process_id: int | None = None) -> None:
        self._clock = clock
        process = (os.getpid() if process_id is None else process_id) & ((1 << _PROCESS_BITS) - 1)
        self._process = process << _COUNTER_BITS
        self._tick = 0

    def __call__(self) -> str:
        """A clock that stands still or steps back only makes the ids run ahead of it."""
        now = int(self._clock.now() * 1000) << _COUNTER_BITS
        self._tick = tick = max(now, self._tick + 1)
        milliseconds, count = tick >> _COUNTER_BITS, tick & ((1 << _COUNTER_BITS) - 1)
        value = milliseconds << (_PROCESS_BITS + _COUNTER_BITS) | self._process | count
        return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])


_SHIFTS: Final = tuple(range((_PAIR_COUNT - 1) * 10, -1, -10))
