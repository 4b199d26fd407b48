"""A worker: services on shared sockets."""

import asyncio
from collections.abc import Mapping
from typing import Final

from bocau.app.rooms import Rooms
from bocau.app.web import serving_web
from bocau.runtime.child import Child
from bocau.runtime.connection import Handler
from bocau.runtime.listener import SERVERS_PER_CLIENT_MAX, Admission, Listener
from bocau.runtime.log import get_log
from bocau.runtime.tls import ServerTlsContext
from bocau.services.imap import ImapService
from bocau.services.pop import PopService
from bocau.services.pop2 import Pop2Service
from bocau.services.smtp import LMTP, MX, SUBMISSION, InFlight, Profile, SmtpService, TraceIds

TLS_FROM_THE_FIRST_BYTE: Final = frozenset(("submissions", "imaps", "pop3s"))
_SMTP_BUSY: Final = b"421 4.3.2 Too many connections, try again later\r\n"
GROUPS: Final = {
    "smtp": "smtp",
    "submission": "submission",
    "submissions": "submission",
    "lmtp": "lmtp",
    "imap": "imap",
    "imaps": "imap",
    "pop3": "pop3",
    "pop3s": "pop3",
    "pop2": "pop3",
}
"""Which listeners count their clients together."""
PER_CLIENT_MAX: Final = {"smtp": SERVERS_PER_CLIENT_MAX}
"""Where it is not CONNECTIONS_PER_CLIENT_MAX."""
BUSY_LINES: Final = {
    "smtp": _SMTP_BUSY,
    "submission": _SMTP_BUSY,
    "lmtp": _SMTP_BUSY,
    "imap": b"* BYE [UNAVAILABLE] Too many connections, try again later\r\n",
    "pop3": b"-ERR [SYS/TEMP] Too many connections, try again later\r\n",
    "pop2": b"- Too many connections, try again later\r\n",
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
            group=GROUPS[name],
            per_client_max=PER_CLIENT_MAX.get(name, 0),
        )
        for name, handler in _handlers(rooms, contexts).items()
        for sock in child.sockets.get(name, ())
    ]
    for listener in listeners:
        listener.start()
    for context in contexts.values():
        child.on_reload(context.reload)
    child.ready()
    async with serving_web(child, rooms, contexts, admission, GRACE_SECONDS):
        await child.stopping()
    await asyncio.gather(*(listener.stop(GRACE_SECONDS) for listener in listeners))


def _handlers(rooms: Rooms, contexts: Mapping[str, ServerTlsContext]) -> dict[str, Handler]:
    """What answers on the sockets of each name."""
    return {
        **_smtp_handlers(rooms, contexts),
        **_imap_handlers(rooms, contexts),
        **_pop_handlers(rooms, contexts),
    }


def _smtp_handlers(rooms: Rooms, contexts: Mapping[str, ServerTlsContext]) -> dict[str, Handler]:
    settings = rooms.settings.smtp
    trace_ids, in_flight = TraceIds(rooms.clock), InFlight(settings.body_bytes_in_flight_max)

    def service(name: str, profile: Profile) -> SmtpService:
        return SmtpService(
            profile,
            settings,
            flow=rooms.flow,
            directory=rooms.directory,
            clock=rooms.clock,
            log=get_log(name),
            new_trace_id=trace_ids,
            tls_context=contexts[name],
            in_flight=in_flight,
        )

    services = {
        "smtp": service("smtp", MX),
        "submission": service("submission", SUBMISSION),
        "submissions": service("submissions", SUBMISSION),
        "lmtp": service("lmtp", LMTP),
    }

    return {name: one.serve for name, one in services.items()}


def _imap_handlers(rooms: Rooms, contexts: Mapping[str, ServerTlsContext]) -> dict[str, Handler]:
    service = ImapService(
        rooms.store,
        rooms.directory,
        rooms.settings.imap,
        doorbell=rooms.doorbell,
        tls_context=lambda: contexts["imap"],
    )
    return {"imap": service, "imaps": service}


def _pop_handlers(rooms: Rooms, contexts: Mapping[str, ServerTlsContext]) -> dict[str, Handler]:
    service = PopService(
        rooms.settings.pop, rooms.store, rooms.directory, rooms.clock, get_log("pop3"), contexts["pop3"]
    )
    return {"pop3": service.serve, "pop3s": service.serve, "pop2": Pop2Service(service).serve}
