"""LISTRIGHTS (RFC 4314 §3.4): every right can be given by itself; the owner has them all, always."""

from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.acl import ListRights
from bocau.protocols.imap.names import astring, encode_name
from bocau.services.imap.identifiers import resolved
from bocau.services.imap.places import locate
from bocau.services.imap.rights import wire_rights
from bocau.store.access import ALL_RIGHTS, LETTERS, Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

_EACH: Final = " ".join((*LETTERS, *"cd")).encode("ascii")


async def answer(session: "ImapSession", command: ListRights) -> None:
    place = locate(session, command.mailbox)
    session.store.glance(place.account_id, lambda reading: reading.mailbox_for(place.name, Deed.ADMINISTER))
    identifier = resolved(session, command.identifier)
    rights = wire_rights(ALL_RIGHTS) if identifier.grantee_id == place.account_id else b'"" ' + _EACH
    name = encode_name(command.mailbox, session.engine.is_utf8)
    session.untagged(b"LISTRIGHTS %b %b %b" % (name, astring(command.identifier.encode()), rights))
    await session.ok(command, "LISTRIGHTS completed")
