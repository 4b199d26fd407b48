"""Who is next: destinations in turn, a few connections each, the dead ones spared. Pure; time and chance
come in.

due → ready destinations → choose: one each, round and round, until the slots are taken
                ended unreachable → paused (1 min growing to 30 min), then one probe at a time until one
                succeeds
"""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from bocau.rules.retry import host_pause_seconds


@dataclass(slots=True)
class _Trouble:
    """A destination whose servers could not be reached."""

    failures: int
    until: float
    reason: str


class Scheduler:
    def __init__(self, slots_per_destination: int, slots: int) -> None:
        self._per_destination = slots_per_destination
        self._slots = slots
        self._ready: dict[str, None] = {}
        """In the order of their turns."""
        self._spared: set[str] = set()
        """Something waits for them, and they are believed dead."""
        self._running: Counter[str] = Counter()
        self._troubles: dict[str, _Trouble] = {}

    @property
    def free_slots(self) -> int:
        return self._slots - self._running.total()

    def due(self, destinations: set[str]) -> None:
        """Something waits for them."""
        self._ready |= dict.fromkeys(sorted(destinations - self._spared))

    def forced(self, destinations: set[str]) -> None:
        """An administrator wants them tried, dead or not."""
        for destination in destinations:
            if (trouble := self._troubles.get(destination)) is not None:
                trouble.until = 0.0
        self._spared -= destinations
        self.due(destinations)

    def exhausted(self, destination: str) -> None:
        """Nothing waits for it any more."""
        self._ready.pop(destination, None)

    def choose(self, now: float) -> dict[str, int]:
        """How many messages to start for which destination now: one each, and round again while slots are
        free."""
        self._sort_out(now)
        chosen: Counter[str] = Counter()
        while turn := self._turn(chosen):
            for destination in turn:
                chosen[destination] += 1
                # Whoever got a slot goes to the end of the line.
                del self._ready[destination]
                self._ready[destination] = None
        return dict(chosen)

    def _turn(self, chosen: Counter[str]) -> list[str]:
        """The next destinations that may have one more slot, as many as there are slots."""
        free = self.free_slots - chosen.total()
        able = (d for d in self._ready if self._running[d] + chosen[d] < self._limit(d))
        return list(islice(able, max(free, 0)))

    def _limit(self, destination: str) -> int:
        """One that was dead is first tried by a single message."""
        return 1 if destination in self._troubles else self._per_destination

    def _sort_out(self, now: float) -> None:
        """Take the dead out of the line, and those back in whose pause is over."""
        back = {d for d in self._spared if self._troubles[d].until <= now}
        self._spared -= back
        self._ready |= dict.fromkeys(sorted(back))
        for destination in [d for d, t in self._troubles.items() if t.until > now and d in self._ready]:
            del self._ready[destination]
            self._spared.add(destination)

    def started(self, destination: str) -> None:
        self._running[destination] += 1

    def ended(
        self, destination: str, now: float, chance: float, *, is_reached: bool, reason: str = ""
    ) -> None:
        """An attempt is over; unreachable destinations are spared for a while."""
        self._running[destination] -= 1
        if not self._running[destination]:
            del self._running[destination]
        trouble = self._troubles.get(destination)
        if is_reached:
            self._revive(destination)
        elif trouble is None or trouble.until <= now:
            failures = trouble.failures + 1 if trouble else 1
            until = now + host_pause_seconds(failures, chance)
            self._troubles[destination] = _Trouble(failures, until, reason)

    def _revive(self, destination: str) -> None:
        self._troubles.pop(destination, None)
        if destination in self._spared:
            self._spared.discard(destination)
            self._ready[destination] = None

    def reason(self, destination: str) -> str:
        """Why it is spared; "" when it is not."""
        trouble = self._troubles.get(destination)
        return trouble.reason if trouble else ""

    def forget(self, now: float, after_seconds: float) -> None:
        """Forget troubles of destinations that nobody has written to for long."""
        waiting = self._spared | self._ready.keys() | self._running.keys()
        old = [d for d, t in self._troubles.items() if t.until + after_seconds < now and d not in waiting]
        for destination in old:
            del self._troubles[destination]

    def wake_at(self) -> float | None:
        """When the first spared destination with waiting mail may be probed."""
        return min((self._troubles[d].until for d in self._spared), default=None)
