"""What searches compare: text without case and accents, and what of a message's body counts as text.

    "Đà Nẵng" → "da nang"        one folding for needles, for messages read, and for the words of the index

A superset of i;unicode-casemap (RFC 5051, RFC 5255 §4): what that finds is found, and "da nang" finds
"Đà Nẵng".
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from bocau.formats.charset import decode_charset
from bocau.formats.header import fields
from bocau.formats.mime import Part, scan
from bocau.formats.parameters import decoded_parameter, parameter
from bocau.formats.text import TEXT_BYTES_MAX, decoded_octets, shown_of_html
from bocau.formats.words import decode_words

ENCLOSED_FIELDS_MAX: Final = 200
"""Fields of one enclosed message that are searched."""
NAMES_MAX: Final = 1000
"""Attachments of one message whose names are searched."""

SEARCH_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of all parts of one message together."""
_MARKS: Final = re.compile("[\u0300-\u036f]+")
"""The accents of Latin, Greek and Cyrillic; the vowel signs of other scripts are letters to their readers."""
_WORD: Final = re.compile(r"[^\W_]+")
_BREAKS: Final = bytes(
    code if 48 <= code <= 57 or 97 <= code <= 122 else code + 32 if 65 <= code <= 90 else 32
    for code in range(256)
)
"""ASCII in lower case, all but letters and digits as spaces."""


def unaccented(text: str) -> str:
    """Text for comparing: decomposed, without accents, without case; đ is d."""
    if text.isascii():
        return text.lower()
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return folded.replace("đ", "d") if "đ" in folded else folded


def words_of_text(text: str) -> list[bytes]:
    """The words of a text that is `unaccented` or ASCII: whole runs of letters and digits, as UTF-8."""
    if text.isascii():
        return text.encode("ascii").translate(_BREAKS).split()
    return " ".join(_WORD.findall(text)).encode("utf-8").split(b" ")


def words_of_ascii(octets: bytes) -> list[bytes]:
    """The same for ASCII octets."""
    return octets.translate(_BREAKS).split()


class Piece:
    """One stretch of text of a body, not decoded yet; a needle is found within one piece."""

    __slots__ = ("charset", "is_html", "octets")

    def __init__(self, octets: bytes, charset: bytes, *, is_html: bool = False) -> None:
        self.octets = octets
        self.charset = charset
        self.is_html = is_html

    def text(self) -> str:
        """Decoded and unaccented."""
        return unaccented(decode_charset(self.octets, self.charset))

    def shown_text(self) -> str:
        """As its reader sees it: HTML without its tags, entities as what they stand for."""
        if not self.is_html:
            return self.text()
        return unaccented(shown_of_html(decode_charset(self.octets, self.charset)))

    def words(self) -> list[bytes]:
        """The words of text()."""
        octets = self.octets
        if octets.isascii() and (not self.charset or self.charset.lower() in _ASCII_COMPATIBLE):
            return octets.translate(_BREAKS).split()
        return words_of_text(self.text())

    def shown_words(self) -> list[bytes]:
        """The words of shown_text()."""
        return words_of_text(self.shown_text())


_ASCII_COMPATIBLE: Final = frozenset((b"utf-8", b"us-ascii", b"iso-8859-1", b"windows-1252", b"windows-1258"))


def pieces(data: bytes, root: Part | None = None) -> Iterator[Piece]:
    """What BODY looks into (RFC 9051 §6.4.4): the text of every text part, file names (RFC 2183, RFC 2231),
    and the header fields of enclosed messages."""
    tree = scan(data) if root is None else root
    if tree.type == b"text" and tree.disposition is None and not _is_named(tree):
        yield _text(data, tree)
        return
    left, names_left = SEARCH_BYTES_MAX, NAMES_MAX
    pending = [tree]
    while pending:
        part = pending.pop()
        if part.children:
            pending.extend(reversed(part.children))
            if part.type == b"message":
                yield from _enclosed(data, part.children[0])
            continue
        if names_left > 0 and (name := file_name(part)):
            names_left -= 1
            yield Piece(name.encode("utf-8", "replace"), b"utf-8")
        if part.type == b"text" and left > 0:
            left -= part.end - part.body_start
            yield _text(data, part)


def _text(data: bytes, part: Part) -> Piece:
    octets, charset = (
        decoded_octets(data, part, TEXT_BYTES_MAX),
        parameter(part.parameters, b"charset") or b"",
    )
    return Piece(octets, charset, is_html=part.subtype == b"html")


def _is_named(part: Part) -> bool:
    return any(key.startswith(b"name") for key, _ in part.parameters)


def _enclosed(data: bytes, part: Part) -> Iterator[Piece]:
    header = data[part.header_start : part.body_start]
    for field in fields(header)[:ENCLOSED_FIELDS_MAX]:
        value = decode_words(header[field.value_start : field.end])
        yield Piece(field.name + b": " + value.encode("utf-8", "replace"), b"utf-8")


def file_name(part: Part) -> str | None:
    """The name of an attachment, decoded (RFC 2183 §2.3, RFC 2231, and RFC 2047 words that are met there)."""
    name = decoded_parameter(part.disposition[1], b"filename") if part.disposition is not None else None
    return name or (decoded_parameter(part.parameters, b"name") if part.parameters else None)
