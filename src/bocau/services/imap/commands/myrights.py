"""MYRIGHTS (RFC 4314 §3.5), also for LIST RETURN (MYRIGHTS) (RFC 8440)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.acl import MyRights
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.places import Shown, locate
from bocau.services.imap.rights import wire_rights
from bocau.store import Reading

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: MyRights) -> None:
    place = locate(session, command.mailbox)

    def read(reading: Reading) -> Shown:
        mailbox = reading.mailbox_named(place.name)
        rights = reading.rights(mailbox.mailbox_id)
        return Shown(command.mailbox, place.account_id, mailbox, rights)

    tell_rights(session, session.store.glance(place.account_id, read))
    await session.ok(command, "MYRIGHTS completed")


def tell_rights(session: "ImapSession", shown: Shown) -> None:
    """Write the MYRIGHTS response of one mailbox."""
    name = encode_name(shown.name, session.engine.is_utf8)
    session.untagged(b"MYRIGHTS %b %b" % (name, wire_rights(shown.rights)))
