"""The webmail's one page, with what it begins with inside."""

from typing import Any, Final

from bocau.runtime.asgi import Receive, Scope, Send, respond
from bocau.services.jmap import wire
from bocau.services.jmap.context import JmapRooms
from bocau.services.web.answers import NOT_KEPT
from bocau.services.web.boot import boot_of
from bocau.services.web.notices import HTML, not_built
from bocau.services.web.origin import may_read
from bocau.services.web.sessions import CookieSessions
from bocau.services.web.static import StaticFiles

BOOT_PLACE: Final = b'id="boot">null</script>'
_ESCAPES: Final = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))
"""Within a JSON text these occur only inside strings, where they may be written so."""


class Pages:
    def __init__(self, rooms: JmapRooms, sessions: CookieSessions, files: StaticFiles) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._files = files

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The webmail, wherever in it the address leads."""
        index = self._files.index()
        if not index:
            await not_built(send)
            return
        known = self._sessions.known(scope) if may_read(scope) else None
        if known is not None:
            index = with_boot(index, await boot_of(self._rooms, scope, known))
        await respond(send, 200, index, HTML, [NOT_KEPT])


def with_boot(index: bytes, boot: dict[str, Any]) -> bytes:
    text = wire.encode(boot)
    for letter, escape in _ESCAPES:
        text = text.replace(letter, escape)
    return index.replace(BOOT_PLACE, b'id="boot">%s</script>' % text, 1)
