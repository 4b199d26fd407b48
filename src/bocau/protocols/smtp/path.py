"""Paths (RFC 5321 §4.1.2, RFC 6531 §3.3): `<>`, `<user@domain>`, `<@route:user@domain>`."""

import re
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.formats.address import Address, parse_address

_ROUTE: Final = re.compile(r"@(?:\[[^\]]*+\]|[^\[\]:@,]++)(?:,@(?:\[[^\]]*+\]|[^\[\]:@,]++))*+:")
_POSTMASTER: Final = "postmaster"


def parse_reverse_path(path: bytes) -> Address | None:
    """The text between the angle brackets of MAIL; None for the null path."""
    return parse_mailbox(path) if path else None


def parse_forward_path(path: bytes) -> Address:
    """The text between the angle brackets of RCPT; `<postmaster>` needs no domain (RFC 5321 §4.5.1)."""
    if path.lower() == b"postmaster":
        return Address(_POSTMASTER, "")
    return parse_mailbox(path)


def parse_mailbox(path: bytes) -> Address:
    """A source route is read and ignored, as RFC 5321 §3.3 and appendix C ask."""
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxFault("address is not UTF-8") from None
    if text[:1] == "@" and (route := _ROUTE.match(text)):
        text = text[route.end() :]
    return parse_address(text)
