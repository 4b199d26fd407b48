"""A progress line on standard error, where a person looks on."""

import sys
import time
from typing import Final

import click

REDRAW_SECONDS: Final = 0.1
BAR_WIDTH: Final = 30


class ProgressLine:
    """Call it with what has been done; on a terminal it draws one line, elsewhere it does nothing."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._drawn_at = 0.0
        self._width = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._is_shown or (now - self._drawn_at < REDRAW_SECONDS and done < total):
            return
        self._drawn_at = now
        share = done / total if total else 1.0
        bar = "#" * int(share * BAR_WIDTH)
        self._draw(f"{what} [{bar:<{BAR_WIDTH}}] {share:4.0%} {done:,} of {total:,}")

    def end(self) -> None:
        """Clear the line."""
        if self._width:
            self._draw("")
            click.echo("\r", nl=False, err=True)
            self._width = 0

    def _draw(self, text: str) -> None:
        click.echo("\r" + text.ljust(self._width), nl=False, err=True)
        self._width = len(text)
