"""Core/echo (RFC 8620 §4)."""

from typing import Final

from bocau.services.jmap.capabilities import CORE
from bocau.services.jmap.context import Arguments, Context, Registered


async def echo(context: Context, arguments: Arguments) -> Arguments:
    return arguments


METHODS: Final = {"Core/echo": Registered(CORE, echo)}
