"""ID (RFC 2971): who we are; what the client says of itself is noted once, and may switch things off."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bocau import __version__
from bocau.base.wiretext import printable
from bocau.protocols.imap.commands import Id
from bocau.protocols.imap.names import string
from bocau.services.imap.switched_off import known_of_client

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

NOTED: Final = (b"NAME", b"VERSION", b"VENDOR", b"OS", b"OS-VERSION")
"""The fields that go to the log (RFC 2971 §3.3)."""
NOTED_CHARACTERS_MAX: Final = 80
VENDOR: Final = "bocau"


async def answer(session: "ImapSession", command: Id) -> None:
    if command.fields is not None:
        _learn(session, command.fields)
    session.untagged(b"ID " + _ours(session.service.settings.support_url))
    await session.ok(command, "ID completed")


def _learn(session: "ImapSession", fields: tuple[tuple[bytes, bytes | None], ...]) -> None:
    said = {name.upper(): printable(value, maximum=NOTED_CHARACTERS_MAX) for name, value in fields if value}
    session.recognize(known_of_client(session, said.get(b"NAME", ""), said.get(b"VERSION", "")))
    if session.has_said_id:
        return
    session.has_said_id = True
    noted = {f"client_{name.decode('ascii').lower()}": said[name] for name in NOTED if name in said}
    session.service.log.info("client", client=session.connection.peer_host, **noted)


@lru_cache(maxsize=4)
def _ours(support_url: str) -> bytes:
    pairs = {"name": "bocau", "version": __version__, "vendor": VENDOR, "support-url": support_url}
    given = [word.encode("ascii") for name, value in pairs.items() if value for word in (name, value)]
    return b"(%b)" % b" ".join(map(string, given))
