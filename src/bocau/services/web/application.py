"""The root of everything served by HTTP: a table of routes, and "not found" for all else."""

from collections.abc import Sequence
from typing import Final

from bocau.base.errors import PeerGone, TryLater
from bocau.runtime.asgi import AsgiApp, Message, Receive, Scope, Send, respond
from bocau.services.jmap.context import JmapRooms
from bocau.services.web.answers import NOT_KEPT
from bocau.services.web.cookie import TOLD
from bocau.services.web.login import Logins
from bocau.services.web.notices import busy, missing
from bocau.services.web.pages import Pages
from bocau.services.web.routes import CHANGING, READING, Access, Route, find
from bocau.services.web.sessions import CookieSessions
from bocau.services.web.static import StaticFiles, send_file

SCREENS: Final = ("/", "/login", "/mail", "/mail/", "/compose", "/compose/", "/settings", "/settings/")
"""Where the webmail's own addresses lie."""


def routes_of(
    rooms: JmapRooms,
    jmap: AsgiApp,
    sessions: CookieSessions,
    files: StaticFiles,
    more: Sequence[Route] = (),
) -> list[Route]:
    logins, pages = Logins(rooms, sessions), Pages(rooms, sessions, files)
    return [
        Route("/jmap/", None, Access.JMAP, jmap),
        Route("/.well-known/jmap", None, Access.JMAP, jmap),
        Route("/auth/login", CHANGING, Access.ANYONE, logins.login),
        Route("/auth/logout", CHANGING, Access.SESSION, logins.logout),
        Route("/auth/boot", READING, Access.SESSION, logins.boot),
        *more,
        *(Route(path, READING, Access.ANYONE, pages.page) for path in SCREENS),
    ]


class WebApplication:
    def __init__(
        self,
        rooms: JmapRooms,
        jmap: AsgiApp,
        sessions: CookieSessions,
        *,
        more: Sequence[Route] = (),
        files: StaticFiles | None = None,
    ) -> None:
        """`more`: routes of others, as of mail that is shown."""
        self._files = files or StaticFiles()
        self._log = rooms.log
        self.routes = routes_of(rooms, jmap, sessions, self._files, more)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[TOLD] = []
        send = _telling(scope, send)
        route = self._route(scope["path"])
        if scope["type"] == "websocket":
            if route is not None and route.access is Access.JMAP:
                await route.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
        elif route is None:
            await missing(send)
        elif route.verbs is not None and scope["method"] not in route.verbs:
            allowed = ", ".join(sorted(route.verbs)).encode("ascii")
            await respond(send, 405, b"Not by this method.\n", more=[(b"allow", allowed), NOT_KEPT])
        else:
            await self._run(route, scope, receive, send)

    def _route(self, path: str) -> Route | None:
        found = find(self.routes, path)
        if found is not None:
            return found
        file = self._files.find(path)
        if file is None:
            return None

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send_file(file, scope, receive, send)

        return Route(path, READING, Access.ANYONE, app)

    async def _run(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await route.app(scope, receive, send)
        except TryLater:
            await busy(send)
        except PeerGone:
            pass


def _telling(scope: Scope, send: Send) -> Send:
    """Sends the session's new cookie, if there is one by then."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start" and scope[TOLD]:
            message = {**message, "headers": [*message.get("headers", ()), *scope[TOLD]]}
        await send(message)

    return told
