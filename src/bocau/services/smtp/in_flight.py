"""How much of all bodies is in memory: one count for all connections of a process."""


class InFlight:
    """Whoever takes gives back the same amount, on every path."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self.bytes_taken = 0

    def take(self, size: int) -> bool:
        """False: there is no room, nothing was taken."""
        if self.bytes_taken + size > self._bytes_max:
            return False
        self.bytes_taken += size
        return True

    def give_back(self, size: int) -> None:
        self.bytes_taken -= size
