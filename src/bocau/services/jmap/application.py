"""JMAP over HTTP: which path is what, and who asks (RFC 8620 §2, §3, §6).

/.well-known/jmap → /jmap/session           the session object
/jmap/api                                   requests
/jmap/upload/{accountId}                    a blob in
/jmap/download/{accountId}/{blobId}/{name}  a blob out
/jmap/eventsource                           changes as they come
/jmap/ws                                    requests and changes on one connection (RFC 8887)
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from bocau.base.errors import PeerGone, SyntaxFault, TryLater
from bocau.base.ids import AccountId
from bocau.runtime.asgi import Headers, Receive, Scope, Send, header, respond
from bocau.services.jmap import ids, wire
from bocau.services.jmap.api import Api
from bocau.services.jmap.blobs import NoSuchBlob
from bocau.services.jmap.callers import Callers, NoCaller, NoSessions, Sessions
from bocau.services.jmap.context import Caller, JmapRooms
from bocau.services.jmap.downloading import send_blob
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.push.event_source import stream
from bocau.services.jmap.push.feed import Feed
from bocau.services.jmap.session_object import (
    API,
    DOWNLOAD,
    EVENT_SOURCE,
    SESSION,
    UPLOAD,
    WEB_SOCKET,
    session_object,
)
from bocau.services.jmap.uploading import Uploading
from bocau.services.jmap.websocket import SUBPROTOCOL, JmapSocket

WELL_KNOWN: Final = "/.well-known/jmap"
JSON: Final = b"application/json"
PROBLEM: Final = b"application/problem+json"
ANY_ORIGIN: Final = [
    # Without cookies: a page of another site comes with a login of its own or gets nothing.
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Last-Event-ID, Range"),
    (b"access-control-max-age", b"86400"),
]
NOT_KEPT: Final = [(b"cache-control", b"no-cache, no-store, must-revalidate"), ANY_ORIGIN[0]]


class Call(NamedTuple):
    """One HTTP request whose sender is proved."""

    caller: Caller
    rest: list[str]
    """The segments of the path behind the route's own, decoded."""
    scope: Scope
    receive: Receive
    send: Send

    def own_account(self) -> AccountId:
        """The account that the first segment names. NoSuchBlob for another one."""
        account = self.caller.login.account_id
        if not self.rest or ids.parse_account(self.rest[0]) != account:
            raise NoSuchBlob("not an account of yours")
        return account


Route = Callable[[Call], Awaitable[None]]


class JmapApplication:
    """An ASGI application for `/jmap…` and `/.well-known/jmap`."""

    def __init__(self, rooms: JmapRooms, sessions: Sessions | None = None) -> None:
        self._rooms = rooms
        self._callers = Callers(rooms.directory, sessions or NoSessions())
        self._api = Api(rooms)
        self._uploading = Uploading(rooms)
        self._feed = Feed(rooms, self._callers)
        self._routes: dict[str, tuple[str, Route]] = {
            SESSION: ("GET", self._session),
            API: ("POST", self._request),
            UPLOAD: ("POST", self._upload),
            DOWNLOAD: ("GET", self._download),
            EVENT_SOURCE: ("GET", self._events),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._route(scope, receive, send)

    def close(self) -> None:
        """The server stops: streams end, so that their connections do."""
        self._feed.close()

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        place, rest = _split(scope["raw_path"])
        wanted, route = self._routes.get(place, ("", None))
        if method == "OPTIONS":
            await respond(send, 204, b"", b"", ANY_ORIGIN)
        elif scope["path"] == WELL_KNOWN:
            # Nobody proved yet: RFC 8620 §2.2 lets a client follow before it logs in.
            await respond(send, 307, b"", b"", [(b"location", SESSION.encode()), *NOT_KEPT])
        elif route is None:
            await respond(send, 404, b"There is nothing here.\n", more=NOT_KEPT)
        elif wanted != method:
            await respond(send, 405, b"Not in this way.\n", more=[(b"allow", wanted.encode()), *NOT_KEPT])
        else:
            await self._answer(route, rest, scope, receive, send)

    async def _answer(
        self, route: Route, rest: list[str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        try:
            caller = await self._callers.proved(scope)
            await route(Call(caller, rest, scope, receive, send))
        except NoCaller as nobody:
            nobody.headers.append(ANY_ORIGIN[0])
            await nobody.tell(send)
        except RequestError as error:
            await respond(send, error.status, wire.encode(error.problem()), PROBLEM, NOT_KEPT)
        except NoSuchBlob:
            await respond(send, 404, b"There is no such blob.\n", more=NOT_KEPT)
        except SyntaxFault:
            await respond(send, 400, b"This cannot be read.\n", more=NOT_KEPT)
        except TryLater:
            await respond(send, 503, b"Try again later.\n", more=[(b"retry-after", b"10"), *NOT_KEPT])
        except PeerGone:
            pass

    async def _session(self, call: Call) -> None:
        found = session_object(call.caller, self._rooms.settings, origin_of(call.scope))
        await _send_json(call.send, 200, wire.encode(found))

    async def _request(self, call: Call) -> None:
        kind = header(call.scope, b"content-type").partition(";")[0].strip(" ").lower()
        if kind != "application/json":
            raise RequestError("notJSON", 400, "a request is sent as application/json")

        async def tell(body: bytes) -> None:
            await _send_json(call.send, 200, body)

        await self._api.answer(call.caller, call.receive, tell)

    async def _upload(self, call: Call) -> None:
        found = await self._uploading.take(call.own_account(), call.scope, call.receive)
        await _send_json(call.send, 201, wire.encode(found))

    async def _download(self, call: Call) -> None:
        account = call.own_account()
        if not 2 <= len(call.rest) <= 3:
            raise NoSuchBlob("a download has an account, a blob and a name")
        name = call.rest[2] if len(call.rest) == 3 else ""
        await send_blob(self._rooms, account, call.rest[1], name, call.scope, call.send)

    async def _events(self, call: Call) -> None:
        await stream(self._feed, call.caller, call.scope, call.receive, call.send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] != WEB_SOCKET or SUBPROTOCOL not in scope["subprotocols"]:
            await _deny(send, 404 if scope["path"] != WEB_SOCKET else 400)
            return
        try:
            socket = JmapSocket(self._api, self._feed, await self._callers.proved(scope), send)
        except NoCaller as nobody:
            await _deny(send, nobody.status, nobody.headers)
        except RequestError as error:
            await _deny(send, error.status)
        except TryLater:
            await _deny(send, 503)
        else:
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
            await socket.serve(receive)


async def _deny(send: Send, status: int, headers: Headers = ()) -> None:
    """An answer in place of the WebSocket's handshake."""
    await send({"type": "websocket.http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "websocket.http.response.body", "body": b""})


def origin_of(scope: Scope) -> str:
    """How the client reaches us; the Host field has been checked by then (runtime.http_entrance)."""
    return f"{scope['scheme']}://{header(scope, b'host')}"


def _split(raw_path: bytes) -> tuple[str, list[str]]:
    """The route, as in "/jmap/api", and the segments behind it."""
    segments = raw_path.decode("latin-1").split("/")
    return "/".join(segments[:3]), [unquote(segment) for segment in segments[3:]]


async def _send_json(send: Send, status: int, body: bytes) -> None:
    """In two pieces: the second one waits until the client has taken the first."""
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", JSON), *NOT_KEPT]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
