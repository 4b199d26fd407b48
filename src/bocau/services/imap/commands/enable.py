"""ENABLE (RFC 5161): CONDSTORE, QRESYNC, UTF8=ACCEPT, IMAP4rev2, UIDONLY."""

from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.commands import Enable
from bocau.rules.quirks import leaves_out

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


NAMES: Final = {
    name.upper(): name for name in (b"CONDSTORE", b"QRESYNC", b"UTF8=ACCEPT", b"IMAP4rev2", b"UIDONLY")
}


async def answer(session: "ImapSession", command: Enable) -> None:
    enabled = [NAMES[name] for name in dict.fromkeys(command.names) if _enable(session, name)]
    session.untagged(b" ".join([b"ENABLED", *enabled]))
    await session.ok(command, "ENABLE completed")


def _enable(session: "ImapSession", name: bytes) -> bool:
    """Unknown names are passed over (RFC 5161 §3.1), and what is switched off."""
    if session.without and leaves_out(session.without, name.decode("ascii", "replace")):
        return False
    if name == b"CONDSTORE":
        session.is_condstore = True
    elif name == b"QRESYNC":
        # RFC 7162 §3.2.3: a CONDSTORE enabling command too.
        session.is_qresync = session.is_condstore = True
    elif name == b"UTF8=ACCEPT":
        session.is_utf8 = session.engine.is_utf8 = True
    elif name == b"IMAP4REV2":
        session.is_rev2 = session.engine.is_utf8 = True
    elif name == b"UIDONLY":
        session.is_uid_only = True
    else:
        return False
    return True
