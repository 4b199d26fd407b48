"""Run an administrative command on a data directory: open its rooms, do the job, close them."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from bocau.cli.caller import as_owner

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings

T = TypeVar("T")


def with_rooms(settings: "Settings", job: Callable[["Rooms"], Awaitable[T]]) -> T:
    """Open the store and directory (the server may be running), run `job`, close."""
    from bocau.app import open_rooms
    from bocau.runtime.log import Level, configure

    async def run() -> T:
        async with open_rooms(settings) as rooms:
            return await job(rooms)

    # What a command does is its output; only trouble is worth a line beside it.
    configure(level=Level.WARNING, as_json=False)
    os.umask(0o077)
    with as_owner(settings.data_dir):
        return asyncio.run(run())
