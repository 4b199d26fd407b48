"""Long answers, portion by portion: the client may read slowly, and other sessions get their turn."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

T = TypeVar("T")
AT_ONCE: Final = 200
"""Names handled between two turns of the others: about a millisecond."""


async def portions(session: "ImapSession", items: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """`items` in pieces of AT_ONCE; what has been written meanwhile goes out when it is much."""
    for start in range(0, len(items), AT_ONCE):
        if start:
            await asyncio.sleep(0)
        yield items[start : start + AT_ONCE]
        if session.connection.wants_flush:
            await session.connection.flush()
