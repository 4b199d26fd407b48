"""A worker: services on shared sockets."""

import asyncio
from collections.abc import Mapping
from typing import Final

from bocau.app.rooms import Rooms
from bocau.runtime.child import Child
from bocau.runtime.connection import Handler
from bocau.runtime.listener import Admission, Listener
from bocau.runtime.log import get_log
from bocau.runtime.tls import ServerTlsContext

TLS_FROM_THE_FIRST_BYTE: Final = frozenset(("submissions", "imaps", "pop3s"))
_SMTP_BUSY: Final = b"421 4.3.2 Too many connections, try again later\r\n"
BUSY_LINES: Final = {
    "smtp": _SMTP_BUSY,
    "submission": _SMTP_BUSY,
    "lmtp": _SMTP_BUSY,
    "imap": b"* BYE [UNAVAILABLE] Too many connections, try again later\r\n",
    "pop3": b"-ERR [SYS/TEMP] Too many connections, try again later\r\n",
}
GRACE_SECONDS: Final = 8.0
"""How long sessions may finish their answers when the server stops."""


async def run_worker(child: Child, rooms: Rooms, contexts: Mapping[str, ServerTlsContext]) -> None:
    """Serve every socket until the server stops, then let sessions finish their answers."""
    admission = Admission()
    listeners = [
        Listener(
            sock,
            handler,
            log=get_log(name),
            tls_context=contexts[name] if name in TLS_FROM_THE_FIRST_BYTE else None,
            admission=admission,
            busy_line=BUSY_LINES.get(name, b""),
        )
        for name, handler in _handlers(rooms, contexts).items()
        for sock in child.sockets[name]
    ]
    for listener in listeners:
        listener.start()
    for context in contexts.values():
        child.on_reload(context.reload)
    child.ready()
    await child.stopping()
    await asyncio.gather(*(listener.stop(GRACE_SECONDS) for listener in listeners))


def _handlers(rooms: Rooms, contexts: Mapping[str, ServerTlsContext]) -> dict[str, Handler]:
    return {}
