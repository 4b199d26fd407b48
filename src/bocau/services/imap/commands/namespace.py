"""NAMESPACE (RFC 2342, RFC 9051 §6.3.10): one's own mailboxes, and those that others share."""

from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.commands import Namespace
from bocau.protocols.imap.names import string
from bocau.services.imap.places import OTHER_USERS

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

_RESPONSE: Final = b'NAMESPACE (("" "/")) ((%b "/")) NIL' % string(OTHER_USERS.encode("ascii"))


async def answer(session: "ImapSession", command: Namespace) -> None:
    session.untagged(_RESPONSE)
    await session.ok(command, "NAMESPACE completed")
