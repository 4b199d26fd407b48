"""SETACL and DELETEACL (RFC 4314 §3.1, §3.2): with right "a"."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bocau.protocols.imap.acl import DeleteAcl, RightsChange, SetAcl
from bocau.services.imap.identifiers import Identifier, resolved
from bocau.services.imap.places import locate
from bocau.store import Writing
from bocau.store.access import NO_RIGHTS, Deed, Grant, Rights

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: SetAcl) -> None:
    def renewed(former: Rights) -> Rights:
        match command.change:
            case RightsChange.ADD:
                return former | command.rights
            case RightsChange.REMOVE:
                return former - command.rights
            case RightsChange.SET:
                return command.rights

    await _change(session, command, renewed)
    await session.ok(command, "SETACL completed")


async def answer_delete(session: "ImapSession", command: DeleteAcl) -> None:
    await _change(session, command, lambda former: NO_RIGHTS)
    await session.ok(command, "DELETEACL completed")


async def _change(
    session: "ImapSession", command: SetAcl | DeleteAcl, renewed: Callable[[Rights], Rights]
) -> None:
    place = locate(session, command.mailbox)
    session.store.glance(place.account_id, lambda reading: reading.mailbox_for(place.name, Deed.ADMINISTER))
    # Only who may share a mailbox learns which addresses exist.
    identifier = resolved(session, command.identifier)

    def job(writing: Writing) -> None:
        mailbox_id = writing.mailbox_for(place.name, Deed.ADMINISTER).mailbox_id
        former = _rights_of(writing.grants(mailbox_id), identifier)
        writing.set_grant(mailbox_id, Grant(*identifier, renewed(former)))

    await session.store.write(place.account_id, job)


def _rights_of(grants: list[Grant], identifier: Identifier) -> Rights:
    return next((grant.rights for grant in grants if grant[:2] == identifier), NO_RIGHTS)
