"""FETCH responses for new messages that nobody asked for by a command (RFC 5465 §5.2)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.fetch import Attribute, Item
from bocau.services.imap.sending import send_messages
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def send_arrived(session: "ImapSession", view: View, first_uid: int, items: tuple[Item, ...]) -> None:
    """Write `items` of all messages from `first_uid` on; \\Seen is not set (NOTIFY is no FETCH)."""
    if not items or view.uid_next <= first_uid:
        return
    session.selected()
    runs = view.runs_of([(first_uid, view.uid_next - 1)])
    if runs:
        asked = (Attribute.UID, *items) if session.is_uid_only and Attribute.UID not in items else items
        await send_messages(session, view, runs, session.service.plan(asked))
