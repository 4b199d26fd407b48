"""MIME structure with byte offsets (RFC 2045–2049, 2231, 2183): one scan, no copies, hostile input bounded.

    header | body ─ multipart → split at its delimiter lines, each range scanned in turn, so an outer
                  │             delimiter always ends the parts within
                  └ message/rfc822 → the enclosed message is scanned in the body's range

See the module's limits: beyond DEPTH_MAX or PARTS_MAX a part is opaque octets.
"""

import re
from dataclasses import dataclass
from typing import Final

from bocau.formats.header import body_start, first_values
from bocau.formats.parameters import Parameters, parameter, split_token, split_type
from bocau.formats.words import unfold

DEPTH_MAX: Final = 100
"""Multiparts and messages within each other."""
PARTS_MAX: Final = 10_000
BOUNDARY_BYTES_MAX: Final = 200
"""RFC 2046 §5.1.1 says 70; longer ones are met."""
EFFORT_PER_BYTE: Final = 16
EFFORT_MIN: Final = 64 * 1024 * 1024
"""Bytes that may be searched for delimiters in all: nested multiparts search the same bytes once a level."""
EFFORT_PER_DELIMITER: Final = 512
"""What looking at one possible delimiter line costs, in bytes searched."""

LANGUAGES_MAX: Final = 20

_Kind = tuple[bytes, bytes, Parameters]
_Description = tuple[
    bytes | None,
    bytes | None,
    bytes,
    bytes | None,
    tuple[bytes, Parameters] | None,
    tuple[bytes, ...],
    bytes | None,
]
_TEXT: Final[_Kind] = (b"text", b"plain", ())
_MESSAGE: Final[_Kind] = (b"message", b"rfc822", ())
_OPAQUE: Final[_Kind] = (b"application", b"octet-stream", ())
_DESCRIBING: Final = frozenset(
    (
        b"content-id",
        b"content-description",
        b"content-md5",
        b"content-disposition",
        b"content-language",
        b"content-location",
    )
)
_ENCLOSING: Final = (b"rfc822", b"global")
_ENCODING: Final = re.compile(rb"[ \t\r\n]*+([!#-'*+\-.0-9A-Z^-~]++)", re.IGNORECASE)
_LANGUAGE: Final = re.compile(rb"[A-Za-z0-9-]++")


@dataclass(slots=True)
class Part:
    """One body part: header [header_start, body_start) and body [body_start, end) of the scanned bytes."""

    header_start: int
    body_start: int
    end: int
    lines: int
    """Line ends of the body of a text or message part; 0 for others (no notation asks for it)."""
    type: bytes
    """Lower case, e.g. b"text"; b"text"/b"plain" when absent or broken (b"message"/b"rfc822" in a digest)."""
    subtype: bytes
    parameters: Parameters
    """In order; RFC 2231 forms as they stand (names with * kept)."""
    content_id: bytes | None
    description: bytes | None
    encoding: bytes
    """Lower case; b"7bit" when absent."""
    md5: bytes | None
    disposition: tuple[bytes, Parameters] | None
    language: tuple[bytes, ...]
    location: bytes | None
    children: "tuple[Part, ...]"
    """Of a multipart at least one; of message/rfc822 (or message/global) one: the enclosed message."""


def scan(data: bytes) -> Part:
    """Scan a whole message into its tree. Never raises."""
    start = body_start(data)
    return scan_fields(data, start, first_values(data, 0, start))


def scan_fields(data: bytes, start: int, values: dict[bytes, bytes]) -> Part:
    """The same for who has read the header already with `header.body_start` and `header.first_values`."""
    scanner = _Scanner(data)
    root = scanner.part(0, start, len(data), values, _TEXT, 0)
    scanner.count_lines()
    return root


def part_at(root: Part, path: tuple[int, ...]) -> Part | None:
    """The part that an IMAP section number names (RFC 9051 §6.4.5.1): (1, 2) for "1.2"; None if absent.

    A number below a message/rfc822 part counts within the enclosed message; 1 of a message that is no
    multipart is that message's own body."""
    part, is_message = root, True
    for number in path:
        if not is_message and part.type == b"message" and part.children:
            part, is_message = part.children[0], True
        if part.type == b"multipart":
            if not 1 <= number <= len(part.children):
                return None
            part, is_message = part.children[number - 1], False
        elif is_message and number == 1:
            is_message = False
        else:
            return None
    return part


class _Scanner:
    """The state of one scan: what is left of its limits, and which parts want their lines counted."""

    __slots__ = ("data", "effort", "messages", "parts_left", "texts")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.parts_left = PARTS_MAX
        self.effort = EFFORT_MIN + EFFORT_PER_BYTE * len(data)
        self.texts: list[Part] = []
        self.messages: list[Part] = []

    def part(
        self, start: int, body: int, end: int, values: dict[bytes, bytes], default: _Kind, depth: int
    ) -> Part:
        raw = values.get(b"content-type")
        kind = default if raw is None else split_type(raw) or _TEXT
        children: tuple[Part, ...] = ()
        if kind[0] == b"multipart":
            kind, children = self._multipart(kind, body, end, depth)
        elif kind[0] == b"message" and kind[1] in _ENCLOSING:
            kind, children = self._message(kind, body, end, depth)
        part = Part(start, body, end, 0, kind[0], kind[1], kind[2], *_described(values), children)
        if kind[0] == b"text":
            self.texts.append(part)
        elif kind[0] == b"message" and children:
            self.messages.append(part)
        return part

    def _entity(self, start: int, end: int, default: _Kind, depth: int) -> Part:
        body = body_start(self.data, start, end)
        return self.part(start, body, end, first_values(self.data, start, body), default, depth)

    def _multipart(self, kind: _Kind, body: int, end: int, depth: int) -> tuple[_Kind, tuple[Part, ...]]:
        """A multipart whose boundary is missing or never met is text: so that its reader sees something."""
        if depth >= DEPTH_MAX or self.parts_left <= 0 or self.effort < end - body:
            return _OPAQUE, ()
        boundary = parameter(kind[2], b"boundary")
        if not boundary or len(boundary) > BOUNDARY_BYTES_MAX:
            return _TEXT, ()
        ranges = self._ranges(b"\n--" + boundary.rstrip(b" \t"), body, end)
        default = _MESSAGE if kind[1] == b"digest" else _TEXT
        children = tuple([self._entity(first, last, default, depth + 1) for first, last in ranges])
        return (kind if children else _TEXT), children

    def _message(self, kind: _Kind, body: int, end: int, depth: int) -> tuple[_Kind, tuple[Part, ...]]:
        if depth >= DEPTH_MAX or self.parts_left <= 0:
            return _OPAQUE, ()
        self.parts_left -= 1
        return kind, (self._entity(body, end, _TEXT, depth + 1),)

    def _ranges(self, delimiter: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts are; the line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1)."""
        data = self.data
        length = len(delimiter)
        ranges: list[tuple[int, int]] = []
        self.effort -= end - start
        first = -1
        at = data.find(delimiter, start - 1, end)
        while at >= 0 and self.effort > 0:
            self.effort -= EFFORT_PER_DELIMITER
            line_end = data.find(b"\n", at + length, end)
            stop = end if line_end < 0 else line_end
            rest = data[at + length : stop].strip(b" \t\r")
            # Anything else after it: another boundary, of which this one is the beginning.
            if not rest or rest == b"--":
                if first >= 0:
                    last = at - 1 if data[at - 1] == 13 else at
                    ranges.append((first, max(first, last)))
                    self.parts_left -= 1
                first = -1 if rest else min(stop + 1, end)
                if rest or self.parts_left <= 1:
                    break
            at = data.find(delimiter, stop, end)
        if first >= 0:
            ranges.append((first, end))
            self.parts_left -= 1
        return ranges

    def count_lines(self) -> None:
        """Each byte once: texts lie side by side, but messages around them."""
        data = self.data
        if not self.messages:
            for part in self.texts:
                part.lines = data.count(b"\n", part.body_start, part.end)
            return
        parts = self.texts + self.messages
        before: dict[int, int] = {}
        total = last = 0
        for offset in sorted({part.body_start for part in parts} | {part.end for part in parts}):
            total += data.count(b"\n", last, offset)
            before[offset] = total
            last = offset
        for part in parts:
            part.lines = before[part.end] - before[part.body_start]


def _described(values: dict[bytes, bytes]) -> _Description:
    """The fields of a part that describe it, in Part's order from content_id to location."""
    encoding = values.get(b"content-transfer-encoding")
    match = None if encoding is None else _ENCODING.match(encoding)
    name = b"7bit" if match is None else match[1].lower()
    if _DESCRIBING.isdisjoint(values):
        return None, None, name, None, None, (), None
    disposition = values.get(b"content-disposition")
    language = values.get(b"content-language")
    return (
        _text(values.get(b"content-id")),
        _text(values.get(b"content-description")),
        name,
        _text(values.get(b"content-md5")),
        None if disposition is None else split_token(disposition),
        () if language is None else tuple(_LANGUAGE.findall(language)[:LANGUAGES_MAX]),
        _text(values.get(b"content-location")),
    )


def _text(value: bytes | None) -> bytes | None:
    return None if value is None else unfold(value) or None
