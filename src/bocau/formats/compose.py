"""Messages made here: MIME trees written as octets (RFC 2045, RFC 2046, RFC 5322).

NewLeaf, NewBranch → fields and bodies → one message with CRLF lines, none longer than 998 octets
"""

import binascii
import re
from dataclasses import dataclass
from typing import Final

from bocau.formats.header_writing import LINE_OCTETS_MAX
from bocau.formats.line_ends import has_bare_line_end, with_crlf

LINE_OCTETS_WANTED: Final = 78
"""RFC 5322 §2.1.1; a text with longer lines is written as quoted-printable."""
QUOTED_OCTETS_MAX: Final = 1024 * 1024
"""A longer text that needs an encoding is written as base64: nobody reads so much of it as it stands."""
BASE64_OCTETS: Final = 57
"""Of one line of base64."""
BASE64_CHARACTERS: Final = 76
_PIECE_OCTETS: Final = BASE64_OCTETS * 1000
"""What is encoded at once, so that other threads have their turns."""

_PLAIN_ONLY: Final = re.compile(rb"[\t\r\n -~]*")
_SPACE_AT_END: Final = re.compile(rb"[ \t](?:\r\n|\Z)")

NewField = tuple[str, bytes]
"""Name and value, the value as it stands after the colon, folded."""


@dataclass(frozen=True, slots=True)
class NewLeaf:
    """A part with a body. `fields`: all but Content-Transfer-Encoding."""

    fields: tuple[NewField, ...]
    encoding: str
    body: bytes
    """In that transfer encoding."""


@dataclass(frozen=True, slots=True)
class NewBranch:
    """A multipart. `fields`: Content-Type with the boundary among them."""

    fields: tuple[NewField, ...]
    boundary: str
    """Random: no body holds it."""
    children: "tuple[NewPart, ...]"


NewPart = NewLeaf | NewBranch


def compose(fields: tuple[NewField, ...], root: NewPart) -> bytes:
    """The whole message: these fields, then those of its root part."""
    pieces = [_field(field) for field in fields]
    _write(root, pieces)
    return b"".join(pieces)


def _write(part: NewPart, pieces: list[bytes]) -> None:
    pieces += [_field(field) for field in part.fields]
    if isinstance(part, NewLeaf):
        pieces += (b"Content-Transfer-Encoding: ", part.encoding.encode("ascii"), b"\r\n\r\n", part.body)
        return
    delimiter = b"\r\n--" + part.boundary.encode("ascii")
    for child in part.children:
        pieces += (delimiter, b"\r\n")
        _write(child, pieces)
    pieces += (delimiter, b"--\r\n")


def _field(field: NewField) -> bytes:
    return b"%b:%b\r\n" % (field[0].encode("ascii"), field[1])


def encode_text(text: str) -> tuple[str, bytes]:
    """(transfer encoding, body) of a text in UTF-8: 7bit where nothing can harm it on its way, else the
    shorter one of quoted-printable and base64. Line ends LF and CRLF become CRLF."""
    octets = text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    if _is_plain(octets):
        return "7bit", octets
    if len(octets) > QUOTED_OCTETS_MAX:
        return "base64", base64_lines(octets)
    written = _quoted_printable(octets)
    return ("base64", base64_lines(octets)) if len(written) * 3 > len(octets) * 4 + 60 else (
        "quoted-printable", written)  # fmt: skip


def _is_plain(octets: bytes) -> bool:
    return not (
        not _PLAIN_ONLY.fullmatch(octets)
        or _has_longer_line(octets, LINE_OCTETS_WANTED)
        or _SPACE_AT_END.search(octets)
        or has_bare_line_end(octets)
    )


def _has_longer_line(octets: bytes, limit: int) -> bool:
    """Lines end with CRLF. A search that never looks at an octet twice."""
    at = 0
    while at < len(octets):
        end = octets.find(b"\r\n", at)
        end = len(octets) if end < 0 else end
        if end - at > limit:
            return True
        at = end + 2
    return False


def _quoted_printable(octets: bytes) -> bytes:
    """RFC 2045 §6.7; a CR that ends no line is encoded."""
    lines = [binascii.b2a_qp(line, istext=False) for line in octets.split(b"\r\n")]
    return b"\r\n".join(lines).replace(b"=\n", b"=\r\n")


def encode_octets(octets: bytes) -> tuple[str, bytes]:
    """(transfer encoding, body) of a file: every octet comes back as it is."""
    return "base64", base64_lines(octets)


def encode_message(octets: bytes) -> tuple[str, bytes]:
    """(transfer encoding, body) of a message within: 7bit or 8bit (RFC 2046 §5.2.1), with CRLF lines.

    One with lines that no transport takes is written as base64 all the same: readers cope with that, but not
    with a message cut in pieces."""
    octets = with_crlf(octets)
    if b"\0" in octets or _has_longer_line(octets, LINE_OCTETS_MAX):
        return "base64", base64_lines(octets)
    return ("7bit" if octets.isascii() else "8bit"), octets


def base64_lines(octets: bytes) -> bytes:
    """Lines of 76, each with its end."""
    pieces = [octets[start : start + _PIECE_OCTETS] for start in range(0, len(octets), _PIECE_OCTETS)]
    return b"".join([_base64_lines(piece) for piece in pieces])


def _base64_lines(piece: bytes) -> bytes:
    digits = binascii.b2a_base64(piece, newline=False)
    lines = [digits[at : at + BASE64_CHARACTERS] for at in range(0, len(digits), BASE64_CHARACTERS)]
    return b"\r\n".join([*lines, b""])
