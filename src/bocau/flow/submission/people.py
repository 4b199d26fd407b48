"""Whom a submitted message is written to: its recipients, with the names that its header gives them."""

from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.flow.values import Envelope
from bocau.formats.address import Address, parse_address, quote_local_part
from bocau.formats.address_list import Mailbox, parse_address_list
from bocau.formats.header import fields
from bocau.formats.words import decode_words

PEOPLE_MAX: Final = 100
"""A message to more than so many is no correspondence, but for these."""
_NAMING: Final = frozenset((b"to", b"cc", b"bcc"))


def written_to(envelope: Envelope, content: bytes) -> list[tuple[Address, str]]:
    """(address, name); nobody for what a program has written (RFC 3834 §5), and for receipts."""
    if envelope.reverse_path is None:
        return []
    found = fields(content)
    values = [(field.name, content[field.value_start : field.end]) for field in found]
    if any(name == b"auto-submitted" and value.strip()[:2].lower() != b"no" for name, value in values):
        return []
    names: dict[tuple[str, str], str] = {}
    for name, value in values:
        if name in _NAMING:
            names |= _named(value)
    recipients = [recipient.address for recipient in envelope.recipients[:PEOPLE_MAX]]
    return [(address, names.get(address.key, "")) for address in recipients]


def _named(value: bytes) -> dict[tuple[str, str], str]:
    mailboxes = [one for one in parse_address_list(value) if isinstance(one, Mailbox) and one.name]
    return {
        address.key: decode_words(one.name or b"").strip()
        for one in mailboxes[:PEOPLE_MAX]
        if (address := address_of(one)) is not None
    }


def address_of(mailbox: Mailbox) -> Address | None:
    """The mailbox's address in canonical form; None when mail cannot be sent to it."""
    try:
        local, host = mailbox.local.decode("utf-8"), mailbox.host.decode("utf-8")
        return parse_address(f"{quote_local_part(local)}@{host}")
    except (SyntaxFault, UnicodeDecodeError):
        return None
