"""Types of which there is exactly one object: it is changed, never made or destroyed (RFC 8620 §5.3)."""

from collections.abc import Awaitable, Callable
from typing import Final

from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import SetError
from bocau.services.jmap.standard import SetCall, run_set

SINGLETON: Final = "singleton"
"""Its id."""
Change = Callable[[Arguments], Awaitable[Arguments | None]]
"""patch → what else changed, or None."""


async def run_singleton_set(context: Context, call: SetCall, change: Change) -> None:
    """Carry out the /set of such a type."""

    async def create(name: str, new: Arguments) -> Arguments:
        raise SetError("singleton", "there is exactly one")

    async def update(said: str, patch: Arguments) -> Arguments | None:
        if said != SINGLETON:
            raise SetError("notFound")
        return await change(patch)

    async def destroy(said: str) -> None:
        raise SetError("singleton" if said == SINGLETON else "notFound")

    await run_set(context, call, create, update, destroy)
