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
    """The words of the body that stand there as they are shown."""
    MARKUP = 8
    """Of HTML as it stands, what is not shown so: tags, attributes, styles, entities."""
    SHOWN = 9
    """Of HTML as it is shown, what does not stand there so: entities decoded, words with a tag inside."""


ZONES: Final = len(Zone)
BODY_WRITTEN: Final = (Zone.BODY, Zone.MARKUP)
"""As IMAP searches it: the decoded octets (RFC 9051 §6.4.4)."""
BODY_SHOWN: Final = (Zone.BODY, Zone.SHOWN)
"""As JMAP searches it: what a reader sees (RFC 8621 §4.4.1)."""
MESSAGE_WRITTEN: Final = tuple(zone for zone in Zone if zone is not Zone.SHOWN)
_Found = list[tuple[bytes, bytes]]
_ZoneWords = tuple[Zone, Iterable[bytes]]
OWN_ZONES: Final = {
    b"from": Zone.FROM,
    b"to": Zone.TO,
    b"cc": Zone.CC,
    b"bcc": Zone.BCC,
    b"subject": Zone.SUBJECT,
}


class MessageWords(NamedTuple):
    """The words of each zone that has some; not `is_whole`: there are more than were kept."""

    zones: list[_ZoneWords]
    is_whole: bool


NOTHING: Final = MessageWords([], False)
"""Of a message that cannot be read: any word may be in it."""


def message_words(data: bytes) -> MessageWords:
    """Read a whole message. Never raises."""
    start = body_start(data)
    header = data[: min(start, HEADER_BYTES_MAX)]
    found = _FIELD.findall(header)
    plan = _plan(tuple([name for name, _ in found]))
    zones = _header_zones(found, plan, _is_plain(header))
    body, is_whole = _body_words(data, start, found, plan)
    zones += body
    return MessageWords(zones, is_whole and start <= HEADER_BYTES_MAX and len(found) <= FIELDS_MAX)


def _is_plain(header: bytes) -> bool:
    """Whether its words can be told without decoding; white space follows a line end within a value."""
    return (
        b"=?" not in header
        and not header.translate(None, _ORDINARY)
        and header.count(b"\r") == header.count(b"\r\n")
    )


def _header_zones(found: _Found, plan: "_Plan", is_plain: bool) -> list[_ZoneWords]:
    read = _plain_words if is_plain else _decoded_words
    zones: list[_ZoneWords] = [
        (zone, set(read([found[place][1] for place in places]))) for zone, places in plan.own
    ]
    zones.append((Zone.OTHER, set(read([found[place][1] for place in plan.others]))))
    zones.append((Zone.NAMES, plan.words_of_names))
    return zones


def _plain_words(values: list[bytes]) -> list[bytes]:
    return words_of_ascii(b"\n".join(values))


def _decoded_words(values: list[bytes]) -> list[bytes]:
    """Words of values that hold other scripts."""
    return [word for value in values for word in words_of_text(unaccented(decode_words(value)))]


class _Plan(NamedTuple):
    """Where things are in a header whose fields have these names, in this order."""

    own: tuple[tuple[Zone, tuple[int, ...]], ...]
    """The zones of their own with the places of their fields."""
    others: tuple[int, ...]
    """The places of all other fields."""
    words_of_names: tuple[bytes, ...]
    content_type: int | None
    encoding: int | None
    has_disposition: bool


@lru_cache(maxsize=1024)
def _plan(names: tuple[bytes, ...]) -> _Plan:
    own: dict[Zone, list[int]] = {}
    others: list[int] = []
    places: dict[bytes, int] = {}
    for place, name in enumerate(map(bytes.lower, names)):
        places.setdefault(name, place)
        zone = OWN_ZONES.get(name)
        (others if zone is None else own.setdefault(zone, [])).append(place)
    return _Plan(
        tuple([(zone, tuple(its_places)) for zone, its_places in own.items()]),
        tuple(others),
        tuple(set(words_of_ascii(b" ".join(names)))),
        places.get(b"content-type"),
        places.get(b"content-transfer-encoding"),
        b"content-disposition" in places,
    )


def _body_words(data: bytes, start: int, found: _Found, plan: _Plan) -> tuple[list[_ZoneWords], bool]:
    both, written, shown = set[bytes](), set[bytes](), set[bytes]()
    left = TEXT_BYTES_MAX
    for piece in _pieces(data, start, found, plan):
        left -= len(piece.octets)
        if left < 0 or len(both) + len(written) > WORDS_MAX:
            return [], False
        if piece.is_html:
            written.update(piece.words())
            shown.update(piece.shown_words())
        else:
            both.update(piece.words())
    if not written:
        return [(Zone.BODY, both)], len(both) <= WORDS_MAX
    both |= written & shown
    zones: list[_ZoneWords] = [(Zone.BODY, both), (Zone.MARKUP, written - both), (Zone.SHOWN, shown - both)]
    return zones, len(both | written) <= WORDS_MAX


def _pieces(data: bytes, start: int, found: _Found, plan: _Plan) -> Iterable[Piece]:
    kind = b"" if plan.content_type is None else found[plan.content_type][1]
    encoding = b"" if plan.encoding is None else found[plan.encoding][1]
    if (
        plan.has_disposition
        or encoding.strip(b" \r").lower() not in _IDENTICAL
        or _SIMPLE_TYPE.fullmatch(kind) is None
    ):
        # Reversed, so that the first one of a name is the one that stays.
        return pieces(data, scan_fields(data, start, {name.lower(): value for name, value in found[::-1]}))
    return (Piece(data[start:], b"utf-8" if kind else b""),)


_SIMPLE_TYPE: Final = re.compile(rb' text/plain; charset="?(?:utf-8|us-ascii)"?\r?|', re.IGNORECASE)
"""The most common one by far, and none: no scan of parts is needed for it."""
_IDENTICAL: Final = frozenset((b"", b"7bit", b"8bit"))
