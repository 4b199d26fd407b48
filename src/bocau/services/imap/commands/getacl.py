"""GETACL (RFC 4314 §3.3): with right "a"."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.acl import GetAcl
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.identifiers import identifier_text
from bocau.services.imap.places import locate
from bocau.services.imap.rights import wire_rights
from bocau.store import Reading
from bocau.store.access import ALL_RIGHTS, Deed, Grant

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: GetAcl) -> None:
    place = locate(session, command.mailbox)

    def read(reading: Reading) -> list[Grant]:
        return reading.grants(reading.mailbox_for(place.name, Deed.ADMINISTER).mailbox_id)

    grants = session.store.glance(place.account_id, read)
    words = [b"ACL", encode_name(command.mailbox, session.engine.is_utf8)]
    for grant in (Grant(place.account_id, False, ALL_RIGHTS), *grants):
        identifier = identifier_text(session, grant)
        if identifier is not None:
            words += [identifier, wire_rights(grant.rights)]
    session.untagged(b" ".join(words))
    await session.ok(command, "GETACL completed")
