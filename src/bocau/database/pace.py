"""Whether blocking steps are short enough to run on the event loop itself.

An fdatasync of an SSD costs little more than handing it to a thread and back (docs/decisions/0002); one of a
slow or busy disk must not hold up every session. Only steps on the loop are measured: in a thread the clock
would also count the wait for the GIL.
"""

from time import perf_counter
from typing import Final

INLINE_SECONDS_MAX: Final = 0.004
"""Average above which blocking steps move to the thread."""
WEIGHT: Final = 1 / 8
THREAD_STEPS: Final = 100
"""Steps done in the thread before one is tried on the loop again."""


class Pace:
    """A moving average of what blocking steps cost."""

    def __init__(self) -> None:
        self.average_seconds = 0.0
        self._thread_steps_left = 0

    def is_fast(self) -> bool:
        """Whether the next step may run on the loop. Asked once a step."""
        if self._thread_steps_left == 0:
            return True
        self._thread_steps_left -= 1
        if self._thread_steps_left == 0:
            self.average_seconds = 0.0
        return False

    def note(self, started: float) -> None:
        """A step that began at perf_counter() `started` has ended on the loop."""
        seconds = perf_counter() - started
        if self.average_seconds == 0.0:
            self.average_seconds = seconds
        self.average_seconds += (seconds - self.average_seconds) * WEIGHT
        if self.average_seconds > INLINE_SECONDS_MAX:
            self._thread_steps_left = THREAD_STEPS
