"""Doorbells between processes: short Unix datagrams "account N changed"; a lost one is made good by a slow poll."""

from collections.abc import Callable, Iterable


class Doorbell:
    """One per process. `directory/run/*.bell` are the sockets; ringing reaches every other process and this one."""

    def ring(self, topics: Iterable[str]) -> None:
        """Never blocks, never raises. Topics: "a17" (account 17), "queue", "directory"."""
        raise NotImplementedError

    def listen(self, topic: str, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard()` on the loop soon after a ring of `topic` here or elsewhere; returns the function that ends it."""
        raise NotImplementedError
