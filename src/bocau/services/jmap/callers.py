"""Who asks: HTTP Basic, a bearer token, or the cookie of a web session (RFC 8620 §8.2).

Authorization: Basic …   → directory.login          (a proved password stays warm: microseconds)
Authorization: Bearer …  → directory.login_by_token
otherwise                → Sessions                 (services.web)
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Final, Protocol

from bocau.base.errors import AccountDisabled, BadCredentials, NotPermitted, Throttled
from bocau.directory import Directory, LoginAttempt, Scope
from bocau.runtime.asgi import Headers, Send, client_host, header, respond
from bocau.runtime.asgi import Scope as AsgiScope
from bocau.services.jmap.context import Caller

AUTHORIZATION_BYTES_MAX: Final = 8 * 1024
BASIC: Final = b'Basic realm="bocau", charset="UTF-8"'
BEARER: Final = b'Bearer realm="bocau"'


class Sessions(Protocol):
    """What JMAP needs of the web sessions."""

    async def caller(self, scope: AsgiScope) -> Caller | None:
        """Whose session the request's cookie belongs to. None without a session that is open, and when the
        request may come from a foreign page: a method but GET and HEAD without the session's X-CSRF-Token, a
        WebSocket or any other request with a foreign Origin."""


class NoSessions:
    """Where there is no webmail."""

    async def caller(self, scope: AsgiScope) -> Caller | None:
        return None


class NoCaller(Exception):
    """Nobody is proved; `status` and `headers` of the answer."""

    def __init__(self, status: int, headers: Headers = ()) -> None:
        super().__init__(status)
        self.status = status
        self.headers = list(headers)

    async def tell(self, send: Send) -> None:
        text = {401: b"Who are you?\n", 403: b"Not with this login.\n", 429: b"Too many failed logins.\n"}
        await respond(send, self.status, text[self.status], more=self.headers)


@dataclass(frozen=True, slots=True)
class Callers:
    directory: Directory
    sessions: Sessions

    async def proved(self, scope: AsgiScope) -> Caller:
        """Who sends this request. NoCaller, TryLater."""
        said = header(scope, b"authorization")
        if not said:
            caller = await self.sessions.caller(scope)
            if caller is None:
                raise _unknown(scope)
            return caller
        attempt = LoginAttempt(client_host(scope), Scope.JMAP, is_secure=True)
        try:
            return await self._authorized(said, attempt)
        except Throttled as error:
            raise NoCaller(429, [(b"retry-after", b"%d" % (int(error.retry_seconds) + 1))]) from None
        except NotPermitted:
            raise NoCaller(403) from None
        except (BadCredentials, AccountDisabled):
            raise _unknown(scope) from None

    async def _authorized(self, said: str, attempt: LoginAttempt) -> Caller:
        scheme, _, value = said.partition(" ")
        value = value.strip(" ")
        if len(said) > AUTHORIZATION_BYTES_MAX:
            raise BadCredentials("an endless Authorization field")
        if scheme.lower() == "bearer":
            login = await self.directory.login_by_token(value, "", attempt)
        elif scheme.lower() == "basic":
            name, password = _name_and_password(value)
            login = await self.directory.login(name, password, attempt)
        else:
            raise BadCredentials("no such scheme")
        return Caller(login, attempt.client_host)

    def is_still_valid(self, caller: Caller) -> bool:
        """Whether a stream of this caller may go on."""
        return self.directory.is_still_valid(caller.login)


def _name_and_password(value: str) -> tuple[str, str]:
    """RFC 7617 §2. BadCredentials."""
    try:
        text = b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise BadCredentials("this is not Basic") from None
    name, colon, password = text.partition(":")
    if not colon:
        raise BadCredentials("this is not Basic")
    return name, password


def _unknown(scope: AsgiScope) -> NoCaller:
    """A browser is not told of Basic: it would ask the user in a window of its own (RFC 9110 §11.6.1)."""
    is_browser = bool(header(scope, b"sec-fetch-site") or header(scope, b"x-csrf-token"))
    challenges = [BEARER] if is_browser else [BASIC, BEARER]
    return NoCaller(401, [(b"www-authenticate", challenge) for challenge in challenges])
