"""The scripted mail server of the flow's tests, listening beside a whole server under test."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Self

from bocau.flow.tests.remote import MODERN, Remote, Taken
from harness import HOST, eventually


class Far:
    """Answers well unless `faults` (phase → replies) says otherwise; remembers what it was sent."""

    def __init__(self, host: str = HOST, extensions: Sequence[str] = MODERN) -> None:
        self.host = host
        self.remote = Remote(extensions=extensions)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def start(self) -> None:
        """Listen, on the same port as before."""
        asyncio.run_coroutine_threadsafe(self.remote.start(self.host, self.remote.port), self._loop).result(
            10
        )

    def stop(self) -> None:
        """Whoever calls now is refused; open connections break."""
        asyncio.run_coroutine_threadsafe(self.remote.stop(), self._loop).result(10)

    @property
    def hop(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.remote.port}"

    def forget(self) -> None:
        """Begin anew: no faults, nothing remembered."""
        self.remote.faults.clear()
        self.remote.taken.clear()
        self.remote.commands.clear()
        self.remote.connection_count = self.remote.open_max = 0

    def shut_gate(self) -> None:
        """From now on no message is answered."""

        async def shut() -> None:
            self.remote.gate = asyncio.Event()

        asyncio.run_coroutine_threadsafe(shut(), self._loop).result(10)

    def open_gate(self) -> None:
        async def opened() -> None:
            if self.remote.gate is not None:
                self.remote.gate.set()

        asyncio.run_coroutine_threadsafe(opened(), self._loop).result(10)

    def wait_for(self, subject: str) -> Taken:
        """The message with this subject, once it is here."""
        wanted = f"\r\nSubject: {subject}\r\n".encode()
        return eventually(lambda: next((taken for taken in self.remote.taken if wanted in taken.body), None))  # type: ignore[return-value]
