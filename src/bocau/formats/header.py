"""Header fields: where they are, what they say (RFC 5322 §2.2, RFC 2047, RFC 2231).

    header block → fields() with offsets | first_values() → unfold → decode_words → text

Tolerant of what is met in the field: bare LF, a space before the colon, lines that are no field (skipped).
"""

import re
from typing import Final, NamedTuple

HEADER_BYTES_MAX: Final = 1024 * 1024
"""Fields that begin beyond this are not looked at; the block itself may be longer."""

# Possessive throughout: linear on any input.
_FIELD: Final = re.compile(
    rb"^([!-9;-~]++)[ \t]*+(?:\r?\n[ \t]++)?:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE
)
_SPACE: Final = b" \t\r\n"


class Field(NamedTuple):
    """One field. The whole field with its last line end is [start, end); the value is [value_start, end)."""

    name: bytes
    """Lower case."""
    start: int
    value_start: int
    end: int


def body_start(data: bytes, start: int = 0, end: int | None = None) -> int:
    """Where the body begins: after the first empty line in [start, end); `end` when there is none."""
    stop = len(data) if end is None else end
    if data.startswith((b"\r\n", b"\n"), start, stop):
        return start + (2 if data[start] == 13 else 1)
    crlf = data.find(b"\n\r\n", start, stop)
    lf = data.find(b"\n\n", start, stop if crlf < 0 else crlf + 1)
    if lf >= 0:
        return lf + 2
    return stop if crlf < 0 else crlf + 3


def fields(data: bytes) -> list[Field]:
    """Every field of the header block of `data`, in order."""
    stop = min(body_start(data), HEADER_BYTES_MAX)
    return [
        Field(match[1].lower(), match.start(), match.start(2), min(match.end() + 1, stop))
        for match in _FIELD.finditer(data, 0, stop)
    ]


def first_values(data: bytes, start: int, end: int) -> dict[bytes, bytes]:
    """Lower-case name → value of the first field of that name, folds kept, within the header [start, end)."""
    found = _FIELD.findall(data, start, min(end, start + HEADER_BYTES_MAX))
    found.reverse()  # so that the first one of a name is the one that stays
    return {name.lower(): value for name, value in found}
