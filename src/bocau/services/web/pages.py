"""The webmail's one page, with what it begins with inside; and the page for what is not there."""

from typing import Any, Final

from bocau.runtime.asgi import Receive, Scope, Send, respond
from bocau.services.jmap import wire
from bocau.services.jmap.context import JmapRooms
from bocau.services.web.boot import boot_of
from bocau.services.web.origin import may_read
from bocau.services.web.sessions import CookieSessions
from bocau.services.web.static import StaticFiles

HTML: Final = b"text/html; charset=utf-8"
NOT_KEPT: Final = (b"cache-control", b"no-store")
BOOT_PLACE: Final = b'id="boot">null</script>'
_ESCAPES: Final = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))
"""Within a JSON text these occur only inside strings, where they may be written so."""
MISSING: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not found · Không tìm thấy</title>
<h1>Not found</h1>
<p>There is nothing at this address. <a href="/">Go to your mail</a></p>
<section lang="vi">
<h1>Không tìm thấy</h1>
<p>Không có gì ở địa chỉ này. <a href="/">Đến hộp thư của bạn</a></p>
</section>
</html>
""".encode()
NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>bocau</title>
<p>The webmail is not part of this installation. IMAP, POP3 and JMAP are.</p>
<p lang="vi">Bản cài đặt này không có webmail. IMAP, POP3 và JMAP vẫn dùng được.</p>
</html>
""".encode()


class Pages:
    def __init__(self, rooms: JmapRooms, sessions: CookieSessions, files: StaticFiles) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._files = files

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The webmail, wherever in it the address leads."""
        index = self._files.index()
        if not index:
            await respond(send, 404, NOT_BUILT, HTML, [NOT_KEPT])
            return
        known = self._sessions.known(scope) if may_read(scope) else None
        if known is not None:
            index = with_boot(index, await boot_of(self._rooms, scope, known))
        await respond(send, 200, index, HTML, [NOT_KEPT])


async def missing(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 404, MISSING, HTML, [NOT_KEPT])


def with_boot(index: bytes, boot: dict[str, Any]) -> bytes:
    text = wire.encode(boot)
    for letter, escape in _ESCAPES:
        text = text.replace(letter, escape)
    return index.replace(BOOT_PLACE, b'id="boot">%s</script>' % text, 1)
