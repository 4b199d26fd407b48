"""DELETE (RFC 9051 §6.3.5)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Delete
from bocau.services.imap.commands.expunge import HEAVY_MESSAGES
from bocau.services.imap.places import Place, locate
from bocau.store import Writing
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Delete) -> None:
    place = locate(session, command.mailbox)

    def job(writing: Writing) -> int:
        mailbox_id = writing.mailbox_for(place.name, Deed.REMOVE).mailbox_id
        writing.delete_mailbox(mailbox_id)
        return mailbox_id

    is_heavy = holds_many(session, place)
    mailbox_id = await session.store.write(place.account_id, job, heavy=is_heavy)
    view = session.view
    if view is not None and (view.account_id, view.mailbox_id) == (place.account_id, mailbox_id):
        session.deselect()
        session.engine.deselected()
        session.untagged(b"OK [CLOSED] the selected mailbox was deleted")
    await session.ok(command, "DELETE completed")


def holds_many(session: "ImapSession", place: Place) -> bool:
    """Whether to touch all messages of a mailbox belongs in the writer thread."""
    mailbox = session.store.glance(place.account_id, lambda reading: reading.find_mailbox(place.name))
    return mailbox is not None and mailbox.message_count > HEAVY_MESSAGES
