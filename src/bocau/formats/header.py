"""Header fields: where they are, what they say (RFC 5322 §2.2, RFC 2047, RFC 2231).

    header block → fields() with offsets | first_values() → unfold → decode_words → text

Tolerant of what is met in the field: bare LF, a space before the colon, lines that are no field (skipped).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bocau.formats.words import encode_words, unfold

HEADER_BYTES_MAX: Final = 1024 * 1024
"""Fields that begin beyond this are not looked at; the block itself may be longer."""

# Possessive throughout: linear on any input.
_FIELD: Final = re.compile(
    rb"^([!-9;-~]++)[ \t]*+(?:\r?\n[ \t]++)?:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE
)
# The same, and the whole field with its line end as the first group.
_WHOLE: Final = re.compile(rb"^(" + _FIELD.pattern[1:] + rb"\n?+)", re.MULTILINE)
LINE_OCTETS_MAX: Final = 76
_CONTROLS: Final = {code: " " for code in (*range(32), 127)}


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


def message_values(data: bytes, start: int, end: int) -> dict[bytes, bytes]:
    """As `first_values`, but To, Cc and Bcc that are repeated make one list (RFC 5322 §4.5.3)."""
    found = _FIELD.findall(data, start, min(end, start + HEADER_BYTES_MAX))
    return joined_values([name.lower() for name, _ in found], [value for _, value in found])


def joined_values(names: Sequence[bytes], contents: Sequence[bytes]) -> dict[bytes, bytes]:
    """Name → value of the first field of that name; repeated To, Cc and Bcc make one list."""
    # Reversed, so that the first one of a name is the one that stays.
    values = dict(zip(names[::-1], contents[::-1], strict=True))
    if len(values) < len(names):
        for name in (b"to", b"cc", b"bcc"):
            if names.count(name) > 1:
                pairs = zip(names, contents, strict=True)
                values[name] = b",".join([value for key, value in pairs if key == name])
    return values


def split_fields(data: bytes, start: int, end: int) -> tuple[Sequence[bytes], list[bytes], Sequence[bytes]]:
    """The fields of the header [start, end) side by side: whole, with line ends; lower-case names; values."""
    found = _WHOLE.findall(data, start, min(end, start + HEADER_BYTES_MAX))
    if not found:
        return (), [], ()
    wholes, names, contents = zip(*found, strict=True)
    return wholes, list(map(bytes.lower, names)), contents


def named_values(data: bytes, start: int, end: int) -> list[tuple[bytes, bytes]]:
    """(name as it is spelt, value with its folds) of every field of the header [start, end), in order."""
    return _FIELD.findall(data, start, min(end, start + HEADER_BYTES_MAX))


def get(data: bytes, name: bytes) -> bytes | None:
    """The first field of that name (any case), unfolded; None when there is none."""
    stop = body_start(data)
    found = first_values(data, 0, stop).get(name.lower())
    return None if found is None else unfold(found)


def get_all(data: bytes, name: bytes) -> list[bytes]:
    """Every field of that name (any case), unfolded, in order."""
    wanted = name.lower()
    found = _FIELD.findall(data, 0, min(body_start(data), HEADER_BYTES_MAX))
    return [unfold(raw) for key, raw in found if key.lower() == wanted]


def remove_fields(data: bytes, names: Iterable[bytes]) -> bytes:
    """The message without the fields of these names (any case); every other octet stays."""
    unwanted = frozenset(name.lower() for name in names)
    kept: list[bytes] = []
    position = 0
    for field in fields(data):
        if field.name in unwanted:
            kept.append(data[position : field.start])
            position = field.end
    return b"".join([*kept, data[position:]]) if kept else data


def build_field(name: str, value: str) -> bytes:
    """One whole field for a message of ours: encoded if it must be, folded, safe from injected line ends."""
    encoded = encode_words(value.translate(_CONTROLS))
    return name.encode("ascii") + b": " + fold(encoded, len(name) + 2) + b"\r\n"


def fold(value: bytes, used: int = 0) -> bytes:
    """Break a value before white space so that lines stay below 78 octets if they can (RFC 5322 §2.1.1)."""
    lines: list[bytes] = []
    line = b""
    for word in value.replace(b"\r\n ", b" ").split(b" "):
        if line and used + len(line) + 1 + len(word) > LINE_OCTETS_MAX:
            lines.append(line)
            line, used = word, 1
        else:
            line = line + b" " + word if line else word
    return b"\r\n ".join([*lines, line])
