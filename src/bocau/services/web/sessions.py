"""Whose web session a request belongs to; the port `Sessions` of services.jmap."""

import hmac
from collections.abc import Callable
from typing import Final

from bocau.directory import Directory
from bocau.directory.web_sessions import KnownSession
from bocau.runtime.asgi import Scope, client_host, header
from bocau.services.jmap.context import Caller
from bocau.services.web.cookie import TOLD, cookie_of, set_cookie
from bocau.services.web.origin import may_change, may_connect, may_read

READING: Final = frozenset(("GET", "HEAD"))


class CookieSessions:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def caller(self, scope: Scope) -> Caller | None:
        """Who asks, when the request may come from a page of ours and, to change something, has the session's
        token."""
        if scope["type"] == "websocket":
            allowed = may_connect(scope)
        elif scope["method"] in READING:
            allowed = may_read(scope)
        else:
            allowed = may_change(scope)
        known = self.known(scope) if allowed else None
        if known is None:
            return None
        if scope["type"] == "http" and scope["method"] not in READING and not has_token(scope, known):
            return None
        return Caller(known.login, client_host(scope), known.login.session_id, _giving(scope, known))

    def known(self, scope: Scope) -> KnownSession | None:
        """The session of the cookie, wherever the request comes from."""
        cookie = cookie_of(scope)
        return self._directory.web_sessions.recognise(cookie) if cookie else None

    def is_open(self, session_id: int) -> bool:
        """Logins of a session know themselves whether it has ended (`Directory.is_still_valid`)."""
        return self._directory.web_sessions.is_open(session_id)


def _giving(scope: Scope, known: KnownSession) -> Callable[[str], None] | None:
    """What hands the session's new cookie out with the answer. A WebSocket has been answered already."""
    if scope["type"] != "http":
        return None
    told: list[tuple[bytes, bytes]] = scope[TOLD]
    return lambda cookie: told.append(set_cookie(scope, cookie, known.kept_seconds))


def has_token(scope: Scope, known: KnownSession) -> bool:
    said = header(scope, b"x-csrf-token")
    return hmac.compare_digest(said.encode("latin-1"), known.csrf.encode("ascii"))
