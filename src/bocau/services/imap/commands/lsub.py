"""LSUB (RFC 3501 §6.3.9; gone in rev2)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Lsub
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.patterns import Pattern

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Lsub) -> None:
    pattern = Pattern(command.reference + command.pattern)
    mailboxes = session.store.glance(session.account_id, lambda reading: reading.mailboxes())
    subscribed = [mailbox.name for mailbox in mailboxes if mailbox.is_subscribed]
    shown = {name: b"" for name in subscribed if pattern.matches(name)}
    if command.pattern.endswith("%"):
        # "%" does not reach a subscribed child: its ancestor is shown instead, not selectable.
        for name in subscribed:
            for parent in parents(name):
                if parent not in shown and pattern.matches(parent):
                    shown[parent] = b"\\Noselect"
    for name, attribute in sorted(shown.items()):
        session.untagged(b'LSUB (%b) "/" %b' % (attribute, encode_name(name, session.engine.is_utf8)))
    await session.ok(command, "LSUB completed")


def parents(name: str) -> list[str]:
    """The names above, outermost first."""
    levels = name.split("/")
    return ["/".join(levels[:depth]) for depth in range(1, len(levels))]
