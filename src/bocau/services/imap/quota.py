"""Quota roots (RFC 9208 §3.2): one for each account that has a limit, called by its address."""

from typing import TYPE_CHECKING, Final

from bocau.base.errors import NoSuchAccount, NotPermitted
from bocau.base.ids import AccountId
from bocau.formats.address import Address
from bocau.protocols.imap.names import string

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

UNIT_BYTES: Final = 1024
"""STORAGE counts these (RFC 9208 §5.1)."""


def root_of(session: "ImapSession", account_id: AccountId) -> str:
    """The name of an account's quota root."""
    if session.login is not None and account_id == session.account_id:
        return str(session.login.address)
    return str(session.service.directory.account(account_id).address)


def account_of(session: "ImapSession", root: str) -> AccountId:
    """Whose quota root it is: one's own; an administrator may ask for all. NotPermitted, NoSuchAccount."""
    if session.login is not None and root == str(session.login.address):
        return session.account_id
    if not is_admin(session):
        raise NotPermitted("not your quota root")
    local, _, domain = root.rpartition("@")
    return session.service.directory.account_named(Address(local, domain)).account_id


def is_admin(session: "ImapSession") -> bool:
    try:
        return session.service.directory.account(session.account_id).is_admin
    except NoSuchAccount:
        return False


def has_limit(session: "ImapSession", account_id: AccountId) -> bool:
    usage = session.store.glance(account_id, lambda reading: reading.usage())
    return usage.limit_bytes is not None


def tell_quota(session: "ImapSession", account_id: AccountId) -> None:
    """Write one QUOTA response: an empty list says that nothing is limited (RFC 9208 §4.2.1)."""
    usage = session.store.glance(account_id, lambda reading: reading.usage())
    resources = b""
    if usage.limit_bytes is not None:
        # Use is rounded up and the limit down: no client sees more room than there is.
        used = -(-usage.used_bytes // UNIT_BYTES)
        resources = b"STORAGE %d %d" % (used, usage.limit_bytes // UNIT_BYTES)
    name = string(root_of(session, account_id).encode())
    session.untagged(b"QUOTA %b (%b)" % (name, resources))
