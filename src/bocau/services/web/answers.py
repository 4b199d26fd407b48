"""Answers of the web's own routes: JSON, never kept."""

from typing import Any, Final

from bocau.runtime.asgi import Headers, Send, respond
from bocau.services.jmap import wire

JSON: Final = b"application/json"
NOT_KEPT: Final = (b"cache-control", b"no-store")


async def send_json(send: Send, status: int, value: Any, more: Headers = ()) -> None:
    await respond(send, status, wire.encode(value), JSON, [NOT_KEPT, *more])


async def send_nothing(send: Send, more: Headers = ()) -> None:
    await respond(send, 204, b"", b"", [NOT_KEPT, *more])


async def refuse(send: Send, status: int, error: str, **more: Any) -> None:
    """{"error": …}: a word for the program, which has the words for people."""
    await send_json(send, status, {"error": error, **more})
