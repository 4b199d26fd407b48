"""Whether somebody who is away answers a message (RFC 3834 §2, RFC 5230 §4.5, §4.6). Pure."""

import re
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.formats.address import Address, parse_address, quote_local_part
from bocau.formats.address_list import Mailbox, parse_address_list
from bocau.formats.header import fields

ADDRESSES_MAX: Final = 200
"""Addresses of To and Cc that are looked at."""
FIELDS_MAX: Final = 1000
"""A message with more fields than this is not answered."""

_ADDRESSING: Final = frozenset((b"to", b"cc", b"bcc", b"resent-to", b"resent-cc", b"resent-bcc"))
_MANY: Final = re.compile(rb"\s*(?:bulk|list|junk)\b", re.IGNORECASE)
_SUPPRESSED: Final = re.compile(rb"\b(?:all|oof|autoreply)\b", re.IGNORECASE)
_PROGRAM: Final = re.compile(
    r"(?:mailer-daemon|postmaster|listserv|majordomo|mdaemon|no-?_?\.?reply|do-?_?\.?not-?_?\.?reply|bounces?|notifications?"
    r"|newsletter|owner-.*|.*-owner|.*-request|.*-bounces?|bounces?[-+=].*|.*[-+=]bounces?[-+=].*"
    r"|no-?_?reply[-+._].*|.*[-+._]no-?_?reply|prvs=.*|msprvs1=.*|srs[01][=+-].*|auto-?reply|root|daemon)"
)
"""Local parts, folded, behind which nobody reads."""


def may_answer(sender: Address | None, content: bytes) -> bool:
    """Whether a person has written this, to somebody, and waits for an answer at `sender`."""
    if sender is None or _PROGRAM.fullmatch(sender.key[0]):
        return False
    found = fields(content)
    if len(found) > FIELDS_MAX:
        return False
    return not any(_forbids(field.name, content[field.value_start : field.end]) for field in found)


def _forbids(name: bytes, value: bytes) -> bool:
    if name.startswith(b"list-"):
        return True
    match name:
        case b"auto-submitted":
            return value.strip().partition(b";")[0].strip().lower() != b"no"
        case b"precedence":
            return _MANY.match(value) is not None
        case b"x-auto-response-suppress":
            return _SUPPRESSED.search(value) is not None
        case b"x-autoreply" | b"x-autorespond" | b"x-loop" | b"feedback-id" | b"x-mailing-list":
            return True
    return False


def addressed(content: bytes) -> list[Address]:
    """Whom the header names as recipients, in order, each once."""
    seen: dict[Address, None] = {}
    for field in fields(content):
        if field.name in _ADDRESSING:
            for one in parse_address_list(content[field.value_start : field.end])[:ADDRESSES_MAX]:
                address = _address(one) if isinstance(one, Mailbox) else None
                if address is not None:
                    seen[address] = None
        if len(seen) >= ADDRESSES_MAX:
            break
    return list(seen)[:ADDRESSES_MAX]


def _address(mailbox: Mailbox) -> Address | None:
    try:
        local, host = mailbox.local.decode("utf-8"), mailbox.host.decode("utf-8")
        return parse_address(f"{quote_local_part(local)}@{host}")
    except (SyntaxFault, UnicodeDecodeError):
        return None
