"""SETMETADATA (RFC 5464 §4.3): all of the values or none."""

from typing import TYPE_CHECKING

from bocau.base.errors import AlreadyExists, NotPermitted
from bocau.protocols.imap.metadata import SetMetadata
from bocau.services.imap.commands.create import ROLES
from bocau.services.imap.metadata import SPECIAL_USE, Subject, entry_named, subject_named, where_kept
from bocau.services.imap.own_changes import write
from bocau.store import Writing
from bocau.store.annotations import SHARED, VALUE_BYTES_MAX, AnnotationTooLarge, TooManyAnnotations

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: SetMetadata) -> None:
    subject = subject_named(session, command.mailbox)
    account_id, mailbox_id = where_kept(session, subject)
    given = dict(command.values)
    sets_use = subject is not None and SPECIAL_USE in given
    use = given.pop(SPECIAL_USE, None) if sets_use else None
    if use is not None and use.upper() not in ROLES:
        session.no(command, "this special use cannot be given", b"USEATTR")
        return
    values = {entry_named(session, name): value for name, value in given.items()}
    _check(session, subject, any(entry.reader_id == SHARED for entry in values), sets_use)

    def job(writing: Writing) -> None:
        if sets_use:
            writing.set_role(mailbox_id, ROLES[use.upper()] if use is not None else None)
        writing.annotate(mailbox_id, values)

    try:
        await write(session, account_id, job)
    except AnnotationTooLarge:
        session.no(command, "the value is too long", b"METADATA MAXSIZE %d" % VALUE_BYTES_MAX)
    except AlreadyExists:
        session.no(command, "another mailbox has this special use", b"USEATTR")
    except TooManyAnnotations:
        session.no(command, "too many annotations", b"METADATA TOOMANY")
    else:
        await session.ok(command, "SETMETADATA completed")


def _check(session: "ImapSession", subject: Subject, is_shared: bool, sets_use: bool) -> None:
    """NotPermitted (RFC 5464 §3.3)."""
    if subject is None:
        if is_shared:
            raise NotPermitted("what is said of the server is not for clients to change")
        return
    if sets_use and subject.account_id != session.account_id:
        raise NotPermitted("a special use is given by the owner")
