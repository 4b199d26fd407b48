"""Who is next: destinations in turn, a few connections each, the dead ones spared. Pure; time and chance
come in.

due → ready destinations → choose: one each, round and round, until the slots are taken
                ended unreachable → paused (1 min growing to 30 min), then one probe at a time until one
                succeeds
"""

from collections import Counter
from dataclasses import dataclass

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
        self._running: Counter[str] = Counter()
        self._troubles: dict[str, _Trouble] = {}

    @property
    def free_slots(self) -> int:
        return self._slots - self._running.total()

    def is_running(self, destination: str) -> bool:
        return self._running[destination] > 0

    def due(self, destinations: set[str]) -> None:
        """Something waits for them."""
        self._ready |= dict.fromkeys(sorted(destinations))

    def forced(self, destinations: set[str]) -> None:
        """An administrator wants them tried, dead or not."""
        for destination in destinations:
            if (trouble := self._troubles.get(destination)) is not None:
                trouble.until = 0.0
        self.due(destinations)

    def exhausted(self, destination: str) -> None:
        """Nothing waits for it any more."""
        self._ready.pop(destination, None)

    def choose(self, now: float) -> dict[str, int]:
        """How many messages to start for which destination now."""
        chosen: Counter[str] = Counter()
        free = self.free_slots
        turn = [d for d in self._ready if self._limit(d, now) > self._running[d]]
        while free > 0 and turn:
            for destination in turn[:free]:
                chosen[destination] += 1
                # Whoever got a slot goes to the end of the queue for the next round.
                del self._ready[destination]
                self._ready[destination] = None
            free = self.free_slots - chosen.total()
            turn = [d for d in turn if self._limit(d, now) > self._running[d] + chosen[d]]
        return dict(chosen)

    def _limit(self, destination: str, now: float) -> int:
        trouble = self._troubles.get(destination)
        if trouble is None:
            return self._per_destination
        return 0 if trouble.until > now else 1

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
            self._troubles.pop(destination, None)
        elif trouble is None or trouble.until <= now:
            failures = trouble.failures + 1 if trouble else 1
            until = now + host_pause_seconds(failures, chance)
            self._troubles[destination] = _Trouble(failures, until, reason)

    def reason(self, destination: str) -> str:
        """Why it is spared; "" when it is not."""
        trouble = self._troubles.get(destination)
        return trouble.reason if trouble else ""

    def forget(self, now: float, after_seconds: float) -> None:
        """Forget troubles of destinations that nobody has written to for long."""
        old = [d for d, t in self._troubles.items() if t.until + after_seconds < now and d not in self._ready]
        for destination in old:
            del self._troubles[destination]

    def wake_at(self) -> float | None:
        """When the first spared destination with waiting mail may be probed."""
        times = [self._troubles[d].until for d in self._ready if d in self._troubles and not self._running[d]]
        return min(times, default=None)
