"""GETQUOTA and GETQUOTAROOT (RFC 9208 §4.1.1, §4.1.2)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.names import encode_name, string
from bocau.protocols.imap.quota import GetQuota, GetQuotaRoot
from bocau.services.imap.places import locate
from bocau.services.imap.quota import account_of, has_limit, root_of, tell_quota
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: GetQuota) -> None:
    tell_quota(session, account_of(session, command.root))
    await session.ok(command, "GETQUOTA completed")


async def answer_root(session: "ImapSession", command: GetQuotaRoot) -> None:
    """The mailbox need not exist: it is where it would be."""
    place = locate(session, command.mailbox)
    account_id = place.account_id
    if account_id != session.account_id:
        # Of others only who may read the mailbox learns anything.
        session.store.glance(account_id, lambda reading: reading.mailbox_for(place.name, Deed.READ))
    name = encode_name(command.mailbox, session.engine.is_utf8)
    if has_limit(session, account_id):
        root = string(root_of(session, account_id).encode())
        session.untagged(b"QUOTAROOT %b %b" % (name, root))
        tell_quota(session, account_id)
    else:
        session.untagged(b"QUOTAROOT %b" % name)
    await session.ok(command, "GETQUOTAROOT completed")
