"""SETQUOTA (RFC 9208 §4.1.3): for administrators."""

from typing import TYPE_CHECKING

from bocau.base.errors import NotPermitted
from bocau.protocols.imap.quota import SetQuota
from bocau.services.imap.quota import UNIT_BYTES, account_of, is_admin, tell_quota

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: SetQuota) -> None:
    if not is_admin(session):
        raise NotPermitted("quotas are set by administrators")
    account_id = account_of(session, command.root)
    limits = dict(command.limits)
    storage = limits.pop(b"STORAGE", None)
    if limits:
        session.no(command, "only STORAGE can be limited", b"CANNOT")
        return
    limit_bytes = None if storage is None else storage * UNIT_BYTES
    directory = session.service.directory
    await directory.set_account(
        directory.account(account_id).address, quota_bytes=limit_bytes, clear_quota=limit_bytes is None
    )
    # The administrator acts for the owner.
    await session.service.store.write(account_id, lambda writing: writing.set_limit(limit_bytes))
    tell_quota(session, account_id)
    await session.ok(command, "SETQUOTA completed")
