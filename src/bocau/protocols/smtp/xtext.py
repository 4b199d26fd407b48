"""xtext: printable ASCII with "+" and "=" and everything else as "+HH" (RFC 3461 §4)."""

import re
from typing import Final

from bocau.base.errors import SyntaxFault

_XTEXT: Final = re.compile(rb"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_ESCAPED: Final = re.compile(rb"\+([0-9A-F]{2})")
_NEEDS_ESCAPE: Final = re.compile(rb"[^!-*,-<>-~]")


def decode(data: bytes) -> bytes:
    """SyntaxFault on anything that is not xtext."""
    if not _XTEXT.fullmatch(data):
        raise SyntaxFault("not xtext")
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode("ascii")), data)


def encode(data: bytes) -> bytes:
    return _NEEDS_ESCAPE.sub(lambda match: b"+%02X" % match[0][0], data)
