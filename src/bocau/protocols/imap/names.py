"""Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3), strict, or UTF-8 (RFC 6855, RFC 9051 §5.1).

One name has one spelling: what decodes but would be encoded differently is refused, otherwise two
spellings would meet one mailbox, or a check of one spelling would let the other through.
"""

import base64
import binascii
import re
import unicodedata
from functools import lru_cache
from typing import Final

from bocau.base.errors import BadName
from bocau.protocols.imap.limits import NAME_BYTES_MAX

_SHIFTED: Final = re.compile(rb"&([^-]*)-")
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]*\Z")
_UNPRINTABLE_RUN: Final = re.compile(r"[^\x20-\x7e]+")


class Normalized(str):
    """A name in its one form (NFC) that the client wrote in another (RFC 9051 §5.1)."""

    given: str
    """As the client wrote it."""

    @classmethod
    def of(cls, name: str, given: str) -> "Normalized":
        found = cls(name)
        found.given = given
        return found


@lru_cache(maxsize=512)
def decode_name(wire: bytes, is_utf8: bool) -> str:
    """Read a mailbox name or pattern; INBOX in any case is "INBOX". Result is NFC. BadName."""
    if len(wire) > NAME_BYTES_MAX:
        raise BadName("the mailbox name is too long")
    name = _from_utf8(wire) if is_utf8 else _from_utf7(wire)
    if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in name):
        raise BadName("control characters in a mailbox name")
    normal = unicodedata.normalize("NFC", name)
    name = normal if normal == name else Normalized.of(normal, name)
    if name[:5].upper() == "INBOX" and name[5:6] in ("", "/") and name[:5].isascii():
        return "INBOX" + name[5:]
    return name


def _from_utf8(wire: bytes) -> str:
    try:
        return wire.decode("utf-8")
    except UnicodeDecodeError:
        raise BadName("the mailbox name is not UTF-8") from None


def _from_utf7(wire: bytes) -> str:
    if not wire.isascii():
        raise BadName("8-bit characters in a mailbox name: ENABLE UTF8=ACCEPT first, or use modified UTF-7")
    if b"&" not in wire:
        return wire.decode("ascii")
    try:
        name = _SHIFTED.sub(_unshift, wire).decode("utf-8")
    except (UnicodeError, binascii.Error):
        raise BadName("broken modified UTF-7 in a mailbox name") from None
    if encode_utf7(name) != wire:
        raise BadName("modified UTF-7 in a mailbox name is not in its one shortest form")
    return name


def _unshift(found: "re.Match[bytes]") -> bytes:
    coded: bytes = found[1].replace(b",", b"/")
    if not coded:
        return b"&"
    raw = base64.b64decode(coded + b"=" * (-len(coded) % 4), validate=True)
    return raw.decode("utf-16-be").encode("utf-8")


def encode_utf7(name: str) -> bytes:
    """Write a name in modified UTF-7."""
    if "&" in name:
        name = name.replace("&", "&-")
    if _PRINTABLE.match(name):
        return name.encode("ascii")
    return _UNPRINTABLE_RUN.sub(_shift, name).encode("ascii")


def _shift(found: "re.Match[str]") -> str:
    coded = base64.b64encode(found[0].encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
    return "&" + coded.decode("ascii") + "-"


@lru_cache(maxsize=4096)
def encode_name(name: str, is_utf8: bool) -> bytes:
    """Write a mailbox name as an astring, ready to send."""
    return astring(name.encode("utf-8") if is_utf8 else encode_utf7(name))


_PLAIN: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+\Z')
_QUOTABLE: Final = re.compile(rb"[^\r\n\x00]*\Z")
QUOTED_BYTES_MAX: Final = 1024


def astring(data: bytes) -> bytes:
    """Write an atom where possible, else a quoted string or a literal."""
    if _PLAIN.match(data) and data.upper() != b"NIL":
        return data
    return string(data)


def string(data: bytes) -> bytes:
    """Write a quoted string where possible, else a literal (RFC 9051 §4.3)."""
    if len(data) <= QUOTED_BYTES_MAX and _QUOTABLE.match(data):
        return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return b"{%d}\r\n%b" % (len(data), data)


def nstring(data: bytes | None) -> bytes:
    return b"NIL" if data is None else string(data)
