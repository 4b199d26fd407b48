"""Values with parameters: Content-Type, Content-Disposition (RFC 2045 §5.1, RFC 2183, RFC 2231).

b' text/plain; charset="utf-8" (comment)' → b"text/plain", ((b"charset", b"utf-8"),)
"""

import re
from functools import lru_cache
from typing import Final

from bocau.formats.charset import decode_charset
from bocau.formats.comments import strip_comments
from bocau.formats.words import decode_words

PARAMETERS_MAX: Final = 128
"""Parameters of one field beyond this are dropped."""

TYPES_CACHED: Final = 256
CACHED_BYTES_MAX: Final = 48
"""A longer type is read anew each time."""

Parameters = tuple[tuple[bytes, bytes], ...]

_TOKEN: Final = rb"[!#-'*+\-.0-9A-Z^-~]++"
_LEADING_TOKEN: Final = re.compile(rb"[ \t\r\n]*+(" + _TOKEN + rb")")
_LEADING_TYPE: Final = re.compile(rb"[ \t\r\n]*+(" + _TOKEN + rb")[ \t\r\n]*+/[ \t\r\n]*+(" + _TOKEN + rb")")
# An unquoted value should be one token, but `name=My File.doc` is met: words without "=" belong to it.
_PARAMETER: Final = re.compile(
    rb';[ \t\r\n]*+([^\s=;"]++)[ \t\r\n]*+=[ \t\r\n]*+'
    rb'(?:"((?:[^"\\]++|\\.)*+)"?|([^\s;"]*+(?:[ \t]++[^\s;"=]++(?=[ \t\r\n;]|\Z))*+))',
    re.DOTALL,
)
_QUOTED_PAIR: Final = re.compile(rb"\\(.)", re.DOTALL)
_LINE_END: Final = re.compile(rb"[\r\n]++")
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_CONTINUATION: Final = re.compile(rb"(.+?)\*([0-9]{1,3})(\*?)")


def split_type(raw: bytes) -> tuple[bytes, bytes, Parameters] | None:
    """Read a Content-Type value: lower-case type and subtype, parameters; None if there is none."""
    return (_known_type if len(raw) <= CACHED_BYTES_MAX else _read_type)(raw)


def _read_type(raw: bytes) -> tuple[bytes, bytes, Parameters] | None:
    if b"(" in raw:
        raw = strip_comments(raw)
    match = _LEADING_TYPE.match(raw)
    if match is None:
        return None
    return match[1].lower(), match[2].lower(), _parameters(raw, match.end())


# Nearly all text is of a few types; most boundaries make a value longer.
_known_type = lru_cache(TYPES_CACHED)(_read_type)


def split_token(raw: bytes) -> tuple[bytes, Parameters] | None:
    """Read a Content-Disposition value: lower-case token and parameters; None when there is no token."""
    if b"(" in raw:
        raw = strip_comments(raw)
    match = _LEADING_TOKEN.match(raw)
    if match is None:
        return None
    return match[1].lower(), _parameters(raw, match.end())


def _parameters(raw: bytes, start: int) -> Parameters:
    if b";" not in raw:
        return ()
    found = _PARAMETER.findall(raw, start)[:PARAMETERS_MAX]
    return tuple([(name.lower(), _unquote(quoted) if quoted else plain) for name, quoted, plain in found])


def _unquote(quoted: bytes) -> bytes:
    if b"\n" in quoted or b"\r" in quoted:
        quoted = _LINE_END.sub(b"", quoted)
    return _QUOTED_PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted


def parameter(parameters: Parameters, name: bytes) -> bytes | None:
    """The first parameter of that lower-case name, as it stands."""
    for key, value in parameters:
        if key == name:
            return value
    return None


def decoded_parameter(parameters: Parameters, name: bytes) -> str | None:
    """A parameter as text: RFC 2231 pieces joined and decoded, RFC 2047 words (met in file names) too."""
    pieces: dict[int, tuple[bytes, bool]] = {}
    plain: bytes | None = None
    for key, value in parameters:
        if key == name and plain is None:
            plain = value
        elif key == name + b"*":
            pieces.setdefault(0, (value, True))
        elif key.startswith(name) and (part := _CONTINUATION.fullmatch(key)) and part[1] == name:
            pieces.setdefault(int(part[2]), (value, bool(part[3])))
    if 0 in pieces:
        return _join_pieces(pieces)
    return None if plain is None else decode_words(plain)


def _join_pieces(pieces: dict[int, tuple[bytes, bool]]) -> str:
    """RFC 2231 §3–4: pieces 0, 1, 2…; the first extended one names the charset."""
    charset = b""
    joined: list[bytes] = []
    for number in range(len(pieces)):
        if number not in pieces:
            break
        value, is_extended = pieces[number]
        if is_extended and number == 0 and value.count(b"'") >= 2:
            charset, _, value = value.split(b"'", 2)
        joined.append(_PERCENT.sub(_octet, value) if is_extended else value)
    return decode_charset(b"".join(joined), charset)


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),))
