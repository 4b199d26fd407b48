"""Cleaning in a limited process, where there can be one."""

import asyncio
import secrets
from typing import Final

from bocau.base.errors import LimitReached, SyntaxFault
from bocau.formats.html.cleaning import Asked, Cleaned, clean
from bocau.runtime.limited import CannotStart, Limited
from bocau.runtime.log import Log

JOB: Final = "bocau.formats.html.job:run"
WITHOUT_PROCESS_CHARACTERS_MAX: Final = 256 * 1024
"""Where no process can be started (Python's own files are closed to the server's user), so much is cleaned in
a thread; the depth gate holds there, too."""


class Cleaner:
    def __init__(self, log: Log) -> None:
        self._limited = Limited(JOB)
        self._log = log
        self._has_told = False

    async def clean(self, asked: Asked) -> Cleaned:
        """LimitReached: this cannot be shown, try another part."""
        from bocau.formats.html.job import asked_bytes, cleaned_of

        asked = asked._replace(nonce=secrets.token_hex(16), text=_encodable(asked.text))
        try:
            return cleaned_of(await self._limited.run(asked_bytes(asked)))
        except CannotStart as error:
            self._tell(error)
            return await self._in_thread(asked)
        except ValueError:
            raise LimitReached("a limited process answered nonsense") from None

    def _tell(self, error: CannotStart) -> None:
        if not self._has_told:
            self._has_told = True
            self._log.warning("HTML is cleaned without a process of its own", error=error)

    async def _in_thread(self, asked: Asked) -> Cleaned:
        if len(asked.text) > WITHOUT_PROCESS_CHARACTERS_MAX:
            raise LimitReached("too long without a limited process")
        try:
            return await asyncio.to_thread(clean, asked)
        except SyntaxFault as error:
            raise LimitReached(str(error)) from None

    async def close(self) -> None:
        await self._limited.close()


def _encodable(text: str) -> str:
    """Half characters have no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
