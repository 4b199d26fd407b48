"""Logging in and out by a browser: POST /auth/login, POST /auth/logout, GET /auth/boot (docs/jmap.md).

A page of another site can do neither: not log in as somebody (login CSRF) nor out (F-5).
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from bocau.base.errors import (
    AccountDisabled,
    BadCredentials,
    CodeWanted,
    NotPermitted,
    PeerGone,
    Throttled,
    TooLong,
)
from bocau.directory import Login, LoginAttempt, Scope
from bocau.runtime.asgi import Receive, Send, client_host, header, read_body
from bocau.runtime.asgi import Scope as AsgiScope
from bocau.services.jmap import wire
from bocau.services.jmap.context import JmapRooms
from bocau.services.jmap.errors import RequestError
from bocau.services.web.answers import refuse, send_json, send_nothing
from bocau.services.web.boot import boot, boot_of
from bocau.services.web.cookie import set_cookie
from bocau.services.web.origin import may_change, may_read
from bocau.services.web.sessions import CookieSessions, has_token

BODY_BYTES_MAX: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class Said:
    """What the login page sends."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    is_remembered: bool


class Logins:
    def __init__(self, rooms: JmapRooms, sessions: CookieSessions) -> None:
        self._rooms = rooms
        self._sessions = sessions

    async def login(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if not may_change(scope):
            await refuse(send, 403, "origin")
            return
        said = await _said(scope, receive)
        if said is None:
            await refuse(send, 400, "request")
            return
        attempt = LoginAttempt(client_host(scope), Scope.WEB, True, header(scope, b"user-agent"))
        try:
            login = await self._rooms.directory.login_by_browser(said.name, said.password, said.code, attempt)
        except CodeWanted as error:
            await refuse(send, 401, "code", **({"wrong": True} if error.was_wrong else {}))
        except (BadCredentials, AccountDisabled, NotPermitted):
            # Which of them is in the log of the account's logins.
            await refuse(send, 401, "credentials")
        except Throttled as error:
            await refuse(send, 429, "wait", retrySeconds=int(error.retry_seconds) + 1)
        else:
            await self._open(scope, send, login, is_remembered=said.is_remembered)

    async def _open(self, scope: AsgiScope, send: Send, login: Login, *, is_remembered: bool) -> None:
        """A new session; the one that the browser had is over."""
        before = self._sessions.known(scope)
        if before is not None:
            await self._end(before.login)
        opened = await self._rooms.directory.web_sessions.open(
            login,
            client_host=client_host(scope),
            user_agent=header(scope, b"user-agent"),
            is_remembered=is_remembered,
        )
        self._rooms.log.info(
            "logged in by browser",
            account=login.address,
            session=opened.session_id,
            client=client_host(scope),
        )
        begun = replace(login, session_id=opened.session_id)
        found = await boot(self._rooms, scope, begun, opened.csrf)
        await send_json(send, 200, found, [set_cookie(scope, opened.cookie, opened.kept_seconds)])

    async def logout(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        known = self._sessions.known(scope)
        if known is not None:
            if not (may_change(scope) and has_token(scope, known)):
                await refuse(send, 403, "csrf")
                return
            await self._end(known.login)
        await send_nothing(send, [set_cookie(scope, "", 0)])

    async def _end(self, login: Login) -> None:
        try:
            await self._rooms.directory.web_sessions.end(login.account_id, login.session_id)
        except NotPermitted:
            # Another request ended it first.
            return
        self._rooms.log.info("logged out", account=login.address, session=login.session_id)

    async def boot(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        known = self._sessions.known(scope) if may_read(scope) else None
        if known is None:
            await refuse(send, 401, "session")
        else:
            await send_json(send, 200, await boot_of(self._rooms, scope, known))


async def _said(scope: AsgiScope, receive: Receive) -> Said | None:
    """None when it is not what the login page would send. JSON alone: a form of another site cannot send
    that type."""
    if header(scope, b"content-type").partition(";")[0].strip(" ").lower() != "application/json":
        return None
    try:
        document = wire.decode(await read_body(receive, BODY_BYTES_MAX))
    except (RequestError, TooLong, PeerGone):
        return None
    return _checked(document) if isinstance(document, dict) else None


def _checked(document: dict[str, Any]) -> Said | None:
    name, password = document.get("name"), document.get("password")
    code, is_remembered = document.get("code") or "", document.get("remember") or False
    if not all(isinstance(text, str) for text in (name, password, code)):
        return None
    if not isinstance(is_remembered, bool):
        return None
    return Said(str(name), str(password), str(code), is_remembered)
