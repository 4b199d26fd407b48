"""Saying what a mailbox is called that a client named in another form (RFC 9051 §6.3.9.7)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Command, Create, Delete, Rename
from bocau.protocols.imap.names import Normalized, encode_name

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


def old_name_item(session: "ImapSession", old_name: str) -> bytes:
    """OLDNAME with the space before it; nothing without an old name."""
    return b' ("OLDNAME" (%b))' % encode_name(old_name, session.engine.is_utf8) if old_name else b""


def given_form(name: str) -> str:
    """How the client wrote it, where that is not what it is called."""
    return name.given if isinstance(name, Normalized) else ""


def tell_normalized(session: "ImapSession", command: Command) -> None:
    """The LIST response for what CREATE, RENAME and DELETE were given, to a client of IMAP4rev2."""
    match command:
        case Create(mailbox=name) | Rename(new=name):
            attribute = b""
        case Delete(mailbox=name):
            attribute = b"\\NonExistent"
        case _:
            return
    given = given_form(name)
    if given:
        wire_name = encode_name(str(name), session.engine.is_utf8)
        session.untagged(b'LIST (%b) "/" %b%b' % (attribute, wire_name, old_name_item(session, given)))
