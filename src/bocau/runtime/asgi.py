"""What an HTTP application is given (ASGI 3), and small answers that need no framework."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from bocau.base.errors import PeerGone, TooLong

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

PLAIN_TEXT: Final = b"text/plain; charset=utf-8"


def header(scope: Scope, name: bytes) -> str:
    """The value of a request header, names in lower case; "" when it is missing."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return ""


def client_host(scope: Scope) -> str:
    """The address of who asks; "" on a Unix socket."""
    client = scope.get("client")
    return str(client[0]) if client else ""


async def read_body(receive: Receive, size_bytes_max: int) -> bytes:
    """The whole body of a request. TooLong, PeerGone."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise PeerGone("the client went away")
        piece = message.get("body", b"")
        size += len(piece)
        if size > size_bytes_max:
            raise TooLong(f"a body of more than {size_bytes_max} bytes")
        pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def respond(send: Send, status: int, body: bytes, kind: bytes = PLAIN_TEXT, more: Headers = ()) -> None:
    """A whole answer at once. `kind`: the Content-Type; b"" for none."""
    headers = [(b"content-length", str(len(body)).encode("ascii")), *more]
    if kind:
        headers.append((b"content-type", kind))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
