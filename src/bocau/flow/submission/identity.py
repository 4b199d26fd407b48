"""Who may say who wrote it: envelope sender and From field against the login.

Policy: every address in From, and Sender if present, must be one that the account may send as (its own with
any
subaddress, its aliases, groups that let it). More than one From field is refused: readers disagree on which
one counts.
Mail without a login (made on this server) is trusted.
"""

from collections.abc import Iterable
from typing import Final

from bocau.base.errors import NotPermitted, SyntaxFault
from bocau.base.ids import AccountId
from bocau.directory import Directory
from bocau.formats.address import Address, parse_address, quote_local_part
from bocau.formats.address_list import Mailbox, parse_address_list
from bocau.formats.header import Field

AUTHORS_MAX: Final = 100
"""Addresses of a From field that are checked; more are refused."""


def check_reverse_path(directory: Directory, account_id: AccountId, reverse_path: Address | None) -> None:
    """NotPermitted. The null path is anybody's: read receipts carry it (RFC 8098 §2)."""
    if reverse_path is not None and not directory.may_send_as(account_id, reverse_path):
        raise NotPermitted(f"this login may not send as {reverse_path}")


def check_authors(
    directory: Directory, account_id: AccountId, content: bytes, found: Iterable[Field]
) -> None:
    """NotPermitted when From or Sender names somebody else."""
    values = [(f.name, content[f.value_start : f.end]) for f in found if f.name in (b"from", b"sender")]
    if sum(name == b"from" for name, _ in values) > 1:
        raise NotPermitted("the message has more than one From field")
    for _, value in values:
        for address in _addresses(value):
            if not directory.may_send_as(account_id, address):
                raise NotPermitted(f"this login may not send as {address}")


def _addresses(value: bytes) -> list[Address]:
    mailboxes = [item for item in parse_address_list(value) if isinstance(item, Mailbox)]
    if not mailboxes or len(mailboxes) > AUTHORS_MAX:
        raise NotPermitted("the From field names nobody, or too many")
    return [_address(mailbox) for mailbox in mailboxes]


def _address(mailbox: Mailbox) -> Address:
    try:
        domain = mailbox.host.decode("utf-8")
        return parse_address(f"{quote_local_part(mailbox.local.decode('utf-8'))}@{domain}")
    except (SyntaxFault, UnicodeDecodeError):
        raise NotPermitted("the From field cannot be read") from None
