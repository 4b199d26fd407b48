"""CREATE (RFC 9051 §6.3.4) with special uses (RFC 6154 §3)."""

from typing import TYPE_CHECKING, Final

from bocau.base.errors import BadName
from bocau.protocols.imap.commands import Create
from bocau.services.imap.places import locate
from bocau.store import MailboxRole, Writing

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

    def job(writing: Writing) -> bool:
        if role is not None and writing.mailbox_with_role(role) is not None:
            return False
        writing.create_mailbox(place.name, role)
        return True

    if await session.store.write(place.account_id, job):
        await session.ok(command, "CREATE completed")
    else:
        session.no(command, "another mailbox has this special use", b"USEATTR")
