"""One API request: read, checked, run, answered; some of an account at a time (RFC 8620 §3)."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from bocau.base.errors import LimitReached, TooLong
from bocau.runtime.asgi import Receive, read_body
from bocau.runtime.turns import Turns
from bocau.services.jmap import wire
from bocau.services.jmap.context import Caller, Context, JmapRooms
from bocau.services.jmap.dispatch import Invocation, parse_request, run
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.methods import METHODS
from bocau.services.jmap.session_object import CAPABILITIES, state_of

TURNS_NAME: Final = "requests.lock"
"""A file beside the database: see `runtime.turns`."""

Tell = Callable[[bytes], Awaitable[None]]
"""Sends an answer; returns once the client has taken nearly all of it."""


class Api:
    """All requests of one process; HTTP, WebSocket and the other processes share the count."""

    def __init__(self, rooms: JmapRooms) -> None:
        self._rooms = rooms
        self._turns = Turns(rooms.folder / TURNS_NAME, rooms.settings.limits.max_concurrent_requests)

    async def answer(self, caller: Caller, receive: Receive, tell: Tell) -> None:
        """Read a request's body and tell the answer, both JSON. RequestError, PeerGone."""
        limits = self._rooms.settings.limits
        with self.turn(caller):
            try:
                body = await read_body(receive, limits.max_size_request)
            except TooLong:
                raise _too_large(limits.max_size_request) from None
            await tell(await self.run(caller, wire.decode(body)))

    @contextmanager
    def turn(self, caller: Caller) -> Iterator[None]:
        """Count a request while it is worked on and its answer is on the way. RequestError limit."""
        with ExitStack() as held:
            try:
                held.enter_context(self._turns.turn(caller.login.account_id))
            except LimitReached:
                raise RequestError(
                    "limit", 400, "too many requests at the same time", "maxConcurrentRequests"
                ) from None
            yield

    async def run(self, caller: Caller, document: Any, **more: Any) -> bytes:
        """The Response object for a decoded request; `more`: properties beside the standard ones.
        RequestError."""
        request = parse_request(document, CAPABILITIES, self._rooms.settings.limits)
        context = Context(self._rooms, caller, request.using, dict(request.created_ids or {}))
        parts: list[bytes] = []

        def keep(response: Invocation) -> int:
            parts.append(_encoded(self._rooms, response))
            return len(parts[-1])

        await run(request, context, METHODS, keep)
        told: dict[str, Any] = {"sessionState": state_of(caller, self._rooms.settings), **more}
        if request.created_ids is not None:
            told["createdIds"] = context.created_ids
        return b'{"methodResponses":[' + b",".join(parts) + b"]," + wire.encode(told)[1:]


def _encoded(rooms: JmapRooms, response: Invocation) -> bytes:
    try:
        return wire.encode(response)
    except (TypeError, ValueError) as error:
        rooms.log.exception("an answer is no JSON", error, method=response[0])
        return wire.encode(("error", {"type": "serverFail"}, response[2]))


def _too_large(size_max: int) -> RequestError:
    return RequestError("limit", 400, f"at most {size_max} bytes", "maxSizeRequest")
