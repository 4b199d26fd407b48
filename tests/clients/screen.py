"""A program on a terminal of its own: keys in, and what it has written on the screen."""

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

from clients.programs import environment, program

SCREEN_SECONDS = 20.0
REDRAW = b"\x0c"
REDRAW_SECONDS = 0.2


class Screen:
    """`with Screen(home, "neomutt", …) as screen: screen.until(b"3 messages"); screen.press(b"q")`."""

    def __init__(self, home: Path, *command: str) -> None:
        self._said = b""
        self._terminal, inner = pty.openpty()
        self._process = subprocess.Popen(
            [program(command[0]), *command[1:]],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=home,
            env=environment(home) | {"LINES": "24", "COLUMNS": "100"},
            start_new_session=True,
        )
        os.close(inner)

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._terminal)

    def press(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def shows(self, wanted: bytes) -> None:
        """Wait until this is on the screen: a change is written as the few cells that differ, so redraw."""
        deadline = time.monotonic() + SCREEN_SECONDS
        while wanted not in self._said:
            assert time.monotonic() < deadline, f"{wanted!r} is not shown, but:\n{self._said[-3000:]!r}"
            self.press(REDRAW)
            self._said += self._more(REDRAW_SECONDS)
        self._said = b""

    def until(self, wanted: bytes) -> None:
        """Wait until this is written; the next wait begins behind it."""
        deadline = time.monotonic() + SCREEN_SECONDS
        while wanted not in self._said:
            piece = self._more(deadline - time.monotonic())
            assert piece, f"{wanted!r} was not written, but:\n{self._said[-3000:]!r}"
            self._said += piece
        self._said = self._said.partition(wanted)[2]

    def end(self) -> int:
        """Read on to its end; returns its exit status."""
        deadline = time.monotonic() + SCREEN_SECONDS
        while self._more(deadline - time.monotonic()):
            pass
        return self._process.wait(SCREEN_SECONDS)

    def _more(self, seconds: float) -> bytes:
        """Nothing when it is over, or silent for so long."""
        if not select.select([self._terminal], [], [], max(0.0, seconds))[0]:
            return b""
        try:
            return os.read(self._terminal, 65536)
        except OSError:
            # Linux: EIO when nobody holds the other end any more.
            return b""
