"""xtext: printable ASCII but "+" and "=" as it is, every other octet as "+HH"; how ENVID and ORCPT travel in
SMTP parameters (RFC 3461 §4, RFC 6533 §3)."""

import re
from typing import Final

from bocau.base.errors import SyntaxFault

_XTEXT: Final = re.compile(rb"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_ESCAPED: Final = re.compile(rb"\+([0-9A-F]{2})")
_NEEDS_ESCAPE: Final = re.compile(rb"[^!-*,-<>-~]")
_EMBEDDED: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def encode(data: bytes) -> bytes:
    return _NEEDS_ESCAPE.sub(lambda match: b"+%02X" % match[0][0], data)


def decode(data: bytes) -> bytes:
    """SyntaxFault on anything that is not xtext."""
    if not _XTEXT.fullmatch(data):
        raise SyntaxFault("not xtext")
    return _unescaped(data)


def _unescaped(data: bytes) -> bytes:
    return _ESCAPED.sub(lambda match: bytes((int(match[1], 16),)), data)


def encode_xtext(text: str) -> str:
    """The same of a text's UTF-8 form."""
    return encode(text.encode("utf-8", "replace")).decode("ascii")


def decode_xtext(text: str) -> str:
    """Undo `+HH` (and, in utf-8 addresses, `\\x{HEX}`); what is malformed stays as it is."""
    octets = _unescaped(text.encode("utf-8", "replace"))
    return _EMBEDDED.sub(_character, octets.decode("utf-8", "replace"))


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
