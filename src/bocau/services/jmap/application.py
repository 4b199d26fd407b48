"""JMAP over HTTP: which path is what, and who asks (RFC 8620 §2, §3).

/.well-known/jmap → /jmap/session        the session object
/jmap/api                                 requests
"""

from collections.abc import Awaitable, Callable
from typing import Final

from bocau.base.errors import PeerGone, TryLater
from bocau.runtime.asgi import Headers, Receive, Scope, Send, header, respond
from bocau.services.jmap import wire
from bocau.services.jmap.api import Api
from bocau.services.jmap.callers import Callers, NoCaller, NoSessions, Sessions
from bocau.services.jmap.context import Caller, JmapRooms
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.session_object import API, SESSION, session_object

WELL_KNOWN: Final = "/.well-known/jmap"
JSON: Final = b"application/json"
PROBLEM: Final = b"application/problem+json"
ANY_ORIGIN: Final = [
    # Without cookies: a page of another site comes with a login of its own or gets nothing.
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Last-Event-ID"),
    (b"access-control-max-age", b"86400"),
]
NOT_KEPT: Final = [(b"cache-control", b"no-cache, no-store, must-revalidate"), ANY_ORIGIN[0]]

Route = Callable[[Caller, Scope, Receive, Send], Awaitable[None]]


class JmapApplication:
    """An ASGI application for `/jmap…` and `/.well-known/jmap`."""

    def __init__(self, rooms: JmapRooms, sessions: Sessions | None = None) -> None:
        self._rooms = rooms
        self._callers = Callers(rooms.directory, sessions or NoSessions())
        self._api = Api(rooms)
        self._routes: dict[tuple[str, str], Route] = {
            ("GET", SESSION): self._session,
            ("POST", API): self._request,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        path = scope["path"]
        if method == "OPTIONS":
            await respond(send, 204, b"", b"", ANY_ORIGIN)
        elif path == WELL_KNOWN:
            # Nobody proved yet: RFC 8620 §2.2 lets a client follow before it logs in.
            await respond(send, 307, b"", b"", [(b"location", SESSION.encode()), *NOT_KEPT])
        elif (route := self._routes.get((method, path))) is not None:
            await self._answer(route, scope, receive, send)
        else:
            is_known = any(known == path for _, known in self._routes)
            await respond(send, 405 if is_known else 404, b"There is nothing here.\n", more=NOT_KEPT)

    async def _answer(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller = await self._callers.proved(scope)
            await route(caller, scope, receive, send)
        except NoCaller as nobody:
            nobody.headers.append(ANY_ORIGIN[0])
            await nobody.tell(send)
        except RequestError as error:
            await respond(send, error.status, wire.encode(error.problem()), PROBLEM, NOT_KEPT)
        except TryLater:
            await respond(send, 503, b"Try again later.\n", more=[(b"retry-after", b"10"), *NOT_KEPT])
        except PeerGone:
            pass

    async def _session(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        found = session_object(caller, self._rooms.settings, origin_of(scope))
        await _send_json(send, wire.encode(found))

    async def _request(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        kind = header(scope, b"content-type").partition(";")[0].strip(" ").lower()
        if kind != "application/json":
            raise RequestError("notJSON", 400, "a request is sent as application/json")
        await _send_json(send, await self._api.answer(caller, receive))


def origin_of(scope: Scope) -> str:
    """How the client reaches us; the Host field has been checked by then (runtime.http_entrance)."""
    return f"{scope['scheme']}://{header(scope, b'host')}"


async def _send_json(send: Send, body: bytes, more: Headers = ()) -> None:
    await respond(send, 200, body, JSON, [*NOT_KEPT, *more])
