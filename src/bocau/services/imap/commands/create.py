"""CREATE (RFC 9051 §6.3.4) with special uses (RFC 6154 §3); it answers with the MAILBOXID (RFC 8474 §4.1)."""

from typing import TYPE_CHECKING, Final

from bocau.base.errors import BadName
from bocau.protocols.imap.commands import Create
from bocau.services.imap.object_ids import mailbox_object_id
from bocau.services.imap.places import check_new, locate
from bocau.store import Mailbox, MailboxRole, Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

ROLES: Final = {
    b"\\DRAFTS": MailboxRole.DRAFTS,
    b"\\SENT": MailboxRole.SENT,
    b"\\JUNK": MailboxRole.JUNK,
    b"\\TRASH": MailboxRole.TRASH,
    b"\\ARCHIVE": MailboxRole.ARCHIVE,
}


async def answer(session: "ImapSession", command: Create) -> None:
    role = None
    if command.uses:
        role = ROLES.get(command.uses[0]) if len(command.uses) == 1 else None
        if role is None:
            session.no(command, "this special use cannot be given", b"USEATTR")
            return
    # A trailing separator only declares that children are to come.
    name = command.mailbox.removesuffix("/")
    if not name:
        raise BadName("a mailbox needs a name")

    place = locate(session, name)
    check_new(place)
    if role is not None and place.account_id != session.account_id:
        session.no(command, "a special use is given by the owner", b"USEATTR")
        return

    def job(writing: Writing) -> Mailbox | None:
        if role is not None and writing.mailbox_with_role(role) is not None:
            return None
        return writing.create_mailbox(place.name, role)

    created = await session.store.write(place.account_id, job)
    if created is None:
        session.no(command, "another mailbox has this special use", b"USEATTR")
        return
    object_id = mailbox_object_id(place.account_id, created.mailbox_id)
    await session.ok(command, "CREATE completed", b"MAILBOXID (%b)" % object_id)
