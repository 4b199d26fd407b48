"""Small writes that nobody waits for: that something was used, that somebody logged in."""

import asyncio
from collections.abc import Awaitable, Callable

from bocau.base.errors import BocauError
from bocau.database import Database, Sql


class Notes:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._under_way: set[asyncio.Task[None]] = set()

    def write(self, job: Callable[[Sql], None]) -> None:
        """Write after the answer was given."""
        self.do(self._database.write(job))

    def do(self, work: Awaitable[None]) -> None:
        async def quietly() -> None:
            try:
                await work
            except BocauError:
                # A note that could not be written is no reason to disturb anyone.
                pass

        task = asyncio.ensure_future(quietly())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Finish those under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)
