"""LSUB (RFC 3501 §6.3.9; gone in rev2): the subscribed names, whether they exist or not."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.listing import Lsub
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.listing import above
from bocau.services.imap.patterns import Pattern
from bocau.services.imap.turns import portions

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Lsub) -> None:
    pattern = Pattern(command.reference + command.pattern)
    subscribed = session.store.glance(session.account_id, lambda reading: reading.subscriptions())
    # "%" does not reach a subscribed child: its ancestor is shown instead, not selectable.
    hidden = above(subscribed).difference(subscribed) if command.pattern.endswith("%") else set()
    async for names in portions(session, sorted([*subscribed, *hidden])):
        for name in names:
            if pattern.matches(name):
                attribute = b"\\Noselect" if name in hidden else b""
                wire_name = encode_name(name, session.engine.is_utf8)
                session.untagged(b'LSUB (%b) "/" %b' % (attribute, wire_name))
    await session.ok(command, "LSUB completed")
