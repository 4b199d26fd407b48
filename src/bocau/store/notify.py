"""A doorbell within one process: for commands that open the store alone, and for tests."""

from collections.abc import Callable, Iterable


class LocalBell:
    """Rings its listeners at once."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callable[[], None]]] = {}

    def ring(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for heard in tuple(self._listeners.get(topic, ())):
                heard()

    def listen(self, topic: str, heard: Callable[[], None]) -> Callable[[], None]:
        """Returns the function that ends it."""
        listeners = self._listeners.setdefault(topic, [])
        listeners.append(heard)

        def end() -> None:
            if heard in listeners:
                listeners.remove(heard)
            if not listeners:
                self._listeners.pop(topic, None)

        return end
