"""The text that a person would read in a part: transfer encoding undone, charset decoded (RFC 2045)."""

import binascii
import re
from collections.abc import Iterator
from typing import Final

from bocau.formats.charset import decode_charset, reads_ascii
from bocau.formats.mime import Part
from bocau.formats.parameters import parameter
from bocau.formats.words import decode_base64

PIECE_BYTES: Final = 64 * 1024
"""A longer body is decoded in pieces."""
TEXT_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of one part, before decoding; the rest is not read."""
PREVIEW_CHARACTERS_MAX: Final = 200
PREVIEW_BYTES_MAX: Final = 700
"""Octets of a plain text that its preview is made of."""
_PREVIEW_START_BYTES: Final = 320
"""Of these it can be made nearly always."""
PREVIEW_HTML_BYTES_MAX: Final = 4096
"""Of an HTML text: it begins with styles."""

_HIDDEN: Final = re.compile(
    r"<(?:(style|script|head|title)\b.*?(?:</\1\s*>|\Z)|!--.*?(?:-->|\Z)|[^>]*+(?:>|\Z))",
    re.DOTALL | re.IGNORECASE,
)

# What stands within a word without ending it.
_INLINE: Final = re.compile(
    r"<(?:!--.*?(?:-->|\Z)|/?(?:a|abbr|b|bdi|bdo|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|samp|small|span"
    r"|strike|strong|sub|sup|tt|u|var|wbr)(?![\w-])[^>]*+(?:>|\Z))",
    re.DOTALL | re.IGNORECASE,
)
_UNSEEN: Final = dict.fromkeys((0xAD, 0x34F, 0x200B, 0x2060, 0xFEFF))
"""Soft hyphens and spaces of no width."""

_ENCODED: Final = (b"base64", b"quoted-printable")
# Possessive, and only where a run begins: linear on any input.
_TRAILING_SPACE: Final = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")


def decoded_octets(data: bytes, part: Part, limit: int | None = None) -> bytes:
    """The body with its transfer encoding undone; at most `limit` encoded octets are read. Never raises."""
    end = part.end if limit is None else min(part.end, part.body_start + limit)
    if part.encoding not in _ENCODED:
        return data[part.body_start : end]
    if end - part.body_start > PIECE_BYTES:
        return b"".join(_decoded_pieces(data, part, end))
    return _decode(part.encoding, data[part.body_start : end])


def decoded_pieces(data: bytes, part: Part) -> Iterator[bytes]:
    """The same of a base64 or quoted-printable body, in pieces. A long body is never decoded at one go: other
    threads have their turns."""
    return _decoded_pieces(data, part, part.end)


def _decoded_pieces(data: bytes, part: Part, end: int) -> Iterator[bytes]:
    if part.encoding == b"quoted-printable":
        return map(_decode_quoted_printable, _pieces(data, part.body_start, end))
    try:
        return iter(_base64_pieces(data, part.body_start, end))
    except binascii.Error:
        return iter((decode_base64(data[part.body_start : end]),))


def _base64_pieces(data: bytes, start: int, end: int) -> list[bytes]:
    """binascii.Error: it is not written as RFC 2045 §6.8 says, and must be read as a whole."""
    decoded: list[bytes] = []
    is_over = False
    for piece in _pieces(data, start, end):
        digits = piece.translate(None, b"\r\n")
        if digits and is_over:
            raise binascii.Error
        is_over = is_over or digits.endswith(b"=")
        decoded.append(binascii.a2b_base64(digits, strict_mode=True) if digits else b"")
    return decoded


def _pieces(data: bytes, start: int, end: int) -> Iterator[bytes]:
    """data[start:end] in pieces that end where a line ends, if one does."""
    while start < end:
        stop = min(start + PIECE_BYTES, end)
        if stop < end:
            stop = data.rfind(b"\n", start, stop) + 1 or data.find(b"\n", stop, end) + 1 or end
        yield data[start:stop]
        start = stop


def _decode(encoding: bytes, body: bytes) -> bytes:
    return decode_base64(body) if encoding == b"base64" else _decode_quoted_printable(body)


def _decode_quoted_printable(body: bytes) -> bytes:
    """Forgiving. Whole lines may be decoded one after the other (RFC 2045 §6.7)."""
    return binascii.a2b_qp(_without_trailing_space(body))


def _without_trailing_space(body: bytes) -> bytes:
    """White space at the end of a quoted-printable line was added on the way (RFC 2045 §6.7 rule 3)."""
    if body.endswith((b" ", b"\t")) or any(pair in body for pair in (b" \r", b" \n", b"\t\r", b"\t\n")):
        return _TRAILING_SPACE.sub(b"", body)
    return body


def decoded_text(data: bytes, part: Part, limit: int = TEXT_BYTES_MAX) -> str:
    """The part as text by its charset parameter, else UTF-8, else Windows-1252. Never raises."""
    return decode_charset(decoded_octets(data, part, limit), parameter(part.parameters, b"charset") or b"")


def leaves(root: Part) -> Iterator[Part]:
    """Every part without children, in order, also those of enclosed messages."""
    pending = [root]
    while pending:
        part = pending.pop()
        if part.children:
            pending.extend(reversed(part.children))
        else:
            yield part


def plain_of_html(html: str) -> str:
    """HTML without its tags, styles and scripts: for previews and search, never for display."""
    from html import unescape  # its table of 2,231 names is wanted by the first HTML message

    return unescape(_HIDDEN.sub(" ", html))


def shown_of_html(html: str) -> str:
    """The words of HTML as its reader sees them: a tag within a word does not end it (RFC 8621 §4.4.1)."""
    return plain_of_html(_INLINE.sub("", html)).translate(_UNSEEN)


def preview(data: bytes, root: Part) -> str:
    """The first words of the first text part (RFC 8970 §3.2: plain text preferred); "" when there is none."""
    part = _preview_part(root)
    if part is None:
        return ""
    if part.subtype == b"html":
        text = plain_of_html(decoded_text(data, part, PREVIEW_HTML_BYTES_MAX))
    else:
        begin = _ascii_start(data, part)
        if len(begin) > PREVIEW_CHARACTERS_MAX:
            return begin[:PREVIEW_CHARACTERS_MAX].rstrip(" ")
        text = decoded_text(data, part, PREVIEW_BYTES_MAX)
    return _on_one_line(text)[:PREVIEW_CHARACTERS_MAX].rstrip(" \ufffd")


def _ascii_start(data: bytes, part: Part) -> str:
    """The beginning of a text that is ASCII there as it stands, on one line; "" of any other."""
    if part.encoding in _ENCODED:
        return ""
    octets = data[part.body_start : min(part.end, part.body_start + _PREVIEW_START_BYTES)]
    if octets.isascii() and reads_ascii(parameter(part.parameters, b"charset") or b""):
        return _on_one_line(octets.decode("ascii"))
    return ""


def _on_one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _preview_part(root: Part) -> Part | None:
    html = None
    for part in leaves(root):
        if part.type == b"text" and part.subtype == b"plain":
            return part
        if part.type == b"text" and part.subtype == b"html" and html is None:
            html = part
    return html
