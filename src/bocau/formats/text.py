"""The text that a person would read in a part: transfer encoding undone, charset decoded (RFC 2045)."""

import binascii
import re
from collections.abc import Iterator
from typing import Final

from bocau.formats.charset import decode_charset, reads_ascii
from bocau.formats.mime import Part
from bocau.formats.parameters import parameter
from bocau.formats.words import decode_base64

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

_ENCODED: Final = (b"base64", b"quoted-printable")
# Possessive, and only where a run begins: linear on any input.
_TRAILING_SPACE: Final = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")


def decoded_octets(data: bytes, part: Part, limit: int | None = None) -> bytes:
    """The body with its transfer encoding undone; at most `limit` encoded octets are read. Never raises."""
    end = part.end if limit is None else min(part.end, part.body_start + limit)
    body = data[part.body_start : end]
    if part.encoding == b"base64":
        return decode_base64(body)
    if part.encoding == b"quoted-printable":
        return decode_quoted_printable(body)
    return body


def decode_quoted_printable(body: bytes) -> bytes:
    """Quoted-printable, forgiving (RFC 2045 §6.7). Whole lines may be decoded one after the other."""
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
