"""Purges what waits for it, portion by portion; run by the background process.

doorbell "purge", or the start of the server → a portion, a pause for other writers → … until nothing waits
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bocau.base.errors import BocauError
from bocau.base.ids import AccountId
from bocau.runtime.waker import Listen, Waker
from bocau.store.mailstore import MailStore
from bocau.store.purging import BELL, is_purge_due, purge_portion

PAUSE_SECONDS: Final = 0.02
"""Before each portion: others write meanwhile, and whoever removed the messages asks for more."""
RESCAN_SECONDS: Final = 30.0
"""A lost doorbell is made good by a look this often."""
RETRY_SECONDS: Final = 5.0
_NOBODY: Final = AccountId(0)


class Purger:
    """One per server."""

    def __init__(self, store: MailStore, listen: Listen, must_wait: Callable[[str], None]) -> None:
        """`must_wait`: told why work cannot go on."""
        self._store = store
        self._listen = listen
        self._must_wait = must_wait
        self._waker = Waker()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        await self._waker.keep_at(lambda: self._round(stop), self._listen, BELL, stop)

    async def _round(self, stop: asyncio.Event) -> float:
        """How long to rest then, in seconds."""
        try:
            await self.work(stop)
        except (BocauError, OSError) as exc:
            self._must_wait(str(exc))
            return RETRY_SECONDS
        return RESCAN_SECONDS

    async def work(self, stop: asyncio.Event | None = None) -> None:
        """Until nothing waits."""
        while self._store.glance(_NOBODY, lambda tx: is_purge_due(tx.sql)):
            await asyncio.sleep(PAUSE_SECONDS)
            if stop is not None and stop.is_set():
                return
            await self._store.write(_NOBODY, purge_portion, heavy=True)
