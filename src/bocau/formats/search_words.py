"""The words of a message by the place where they stand: what the index is made of.

header → names · From · To · Cc · Bcc · Subject · all other values       body → text, file names
"""

import re
from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from bocau.formats.header import body_start
from bocau.formats.mime import scan_fields
from bocau.formats.searchable import Piece, pieces, unaccented, words_of_ascii, words_of_text
from bocau.formats.words import decode_words

HEADER_BYTES_MAX: Final = 64 * 1024
"""A message with a longer header counts as indexed in part."""
FIELDS_MAX: Final = 1000
"""With more fields, too."""
TEXT_BYTES_MAX: Final = 4 * 1024 * 1024
"""Text of one message whose words are kept; with more it counts as indexed in part."""
WORDS_MAX: Final = 50_000
"""Different words of one body."""

_FIELD: Final = re.compile(
    rb"^([!-9;-~]++)[ \t]*+(?:\r?\n[ \t]++)?:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE
)
_ORDINARY: Final = bytes((9, 10, 13, *range(32, 127)))


class Zone(IntEnum):
    """Where in a message a word stands."""

    FROM = 0
    TO = 1
    CC = 2
    BCC = 3
    SUBJECT = 4
    OTHER = 5
    """The values of all other fields."""
    NAMES = 6
    """The names of the fields."""
    BODY = 7


ZONES: Final = len(Zone)
OWN_ZONES: Final = {
    b"from": Zone.FROM,
    b"to": Zone.TO,
    b"cc": Zone.CC,
    b"bcc": Zone.BCC,
    b"subject": Zone.SUBJECT,
}


class MessageWords(NamedTuple):
    """The words of each zone that has some; not `is_whole`: there are more than were kept."""

    zones: list[tuple[Zone, Iterable[bytes]]]
    is_whole: bool


NOTHING: Final = MessageWords([], False)
"""Of a message that cannot be read: any word may be in it."""


def message_words(data: bytes) -> MessageWords:
    """Read a whole message. Never raises."""
    start = body_start(data)
    header = data[: min(start, HEADER_BYTES_MAX)]
    found = _FIELD.findall(header)
    zones = _header_zones(found, _is_plain(header))
    found.reverse()
    body, is_whole = _body_words(data, start, {name.lower(): value for name, value in found})
    zones.append((Zone.BODY, body))
    return MessageWords(zones, is_whole and start <= HEADER_BYTES_MAX and len(found) <= FIELDS_MAX)


def _is_plain(header: bytes) -> bool:
    """Whether its words can be told without decoding; white space follows a line end within a value."""
    return (
        b"=?" not in header
        and not header.translate(None, _ORDINARY)
        and header.count(b"\r") == header.count(b"\r\n")
    )


def _header_zones(found: list[tuple[bytes, bytes]], is_plain: bool) -> list[tuple[Zone, Iterable[bytes]]]:
    names = tuple([name for name, _ in found])
    own, others, words_of_names = _plan(names)
    read = _plain_words if is_plain else _decoded_words
    zones: list[tuple[Zone, Iterable[bytes]]] = [
        (zone, set(read([found[place][1] for place in places]))) for zone, places in own
    ]
    zones.append((Zone.OTHER, set(read([found[place][1] for place in others]))))
    zones.append((Zone.NAMES, words_of_names))
    return zones


def _plain_words(values: list[bytes]) -> list[bytes]:
    return words_of_ascii(b"\n".join(values))


def _decoded_words(values: list[bytes]) -> list[bytes]:
    """Words of values that hold other scripts."""
    return [word for value in values for word in words_of_text(unaccented(decode_words(value)))]


_Plan = tuple[tuple[tuple[Zone, tuple[int, ...]], ...], tuple[int, ...], tuple[bytes, ...]]


@lru_cache(maxsize=1024)
def _plan(names: tuple[bytes, ...]) -> _Plan:
    """(zones with the places of their fields, places of all others, words of the names)."""
    own: dict[Zone, list[int]] = {}
    others: list[int] = []
    for place, name in enumerate(names):
        zone = OWN_ZONES.get(name.lower())
        (others if zone is None else own.setdefault(zone, [])).append(place)
    zones = tuple([(zone, tuple(places)) for zone, places in own.items()])
    return zones, tuple(others), tuple(set(words_of_ascii(b" ".join(names))))


def _body_words(data: bytes, start: int, values: dict[bytes, bytes]) -> tuple[set[bytes], bool]:
    words: set[bytes] = set()
    left = TEXT_BYTES_MAX
    for piece in _pieces(data, start, values):
        left -= len(piece.octets)
        if left < 0 or len(words) > WORDS_MAX:
            return set(), False
        words.update(piece.words())
    return words, len(words) <= WORDS_MAX


def _pieces(data: bytes, start: int, values: dict[bytes, bytes]) -> Iterable[Piece]:
    kind = values.get(b"content-type", b"")
    encoding = values.get(b"content-transfer-encoding", b"7bit").strip(b" \r").lower()
    if encoding not in _IDENTICAL or b"content-disposition" in values or _SIMPLE_TYPE.fullmatch(kind) is None:
        return pieces(data, scan_fields(data, start, values))
    return (Piece(data[start:], b"utf-8" if kind else b""),)


_SIMPLE_TYPE: Final = re.compile(rb' text/plain; charset="?(?:utf-8|us-ascii)"?\r?|', re.IGNORECASE)
"""The most common one by far, and none: no scan of parts is needed for it."""
_IDENTICAL: Final = frozenset((b"7bit", b"8bit"))
