"""The text of a body part, with what went wrong on the way to it (RFC 8621 §4.1.4, EmailBodyValue)."""

from typing import Final, NamedTuple

from bocau.formats.charset import codec_name, decode_charset, reads_ascii
from bocau.formats.mime import Part
from bocau.formats.parameters import parameter
from bocau.formats.text import TEXT_BYTES_MAX, decoded_octets

_KNOWN_ENCODINGS: Final = (b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable")


class BodyValue(NamedTuple):
    text: str
    """Lines end with LF."""
    is_encoding_problem: bool
    """The charset or the transfer encoding is unknown, or octets are none of that charset."""
    is_truncated: bool


def body_value(data: bytes, part: Part, octets_max: int) -> BodyValue:
    """Read a text part; at most `octets_max` octets of UTF-8. Never raises."""
    octets = decoded_octets(data, part, TEXT_BYTES_MAX)
    charset = parameter(part.parameters, b"charset") or b""
    text = decode_charset(octets, charset).replace("\r\n", "\n")
    text, is_cut = truncated(text, octets_max, is_html=part.subtype == b"html")
    return BodyValue(
        text,
        part.encoding not in _KNOWN_ENCODINGS or not _is_of(octets, charset),
        is_cut or part.end - part.body_start > TEXT_BYTES_MAX,
    )


def _is_of(octets: bytes, charset: bytes) -> bool:
    """Whether these octets are text of that charset; without one they should be UTF-8."""
    name = codec_name(charset) if charset else "utf-8"
    if name is None or (octets.isascii() and reads_ascii(charset)):
        return name is not None
    try:
        octets.decode(name)
    except ValueError:
        return False
    return True


def truncated(text: str, octets_max: int, *, is_html: bool) -> tuple[str, bool]:
    """The beginning of a text, and whether more was there: no character is cut in two, nor an HTML tag."""
    if len(text) * 4 <= octets_max:
        return text, False
    octets = text.encode("utf-8", "replace")
    if len(octets) <= octets_max:
        return text, False
    kept = octets[:octets_max].decode("utf-8", "ignore")
    opened = kept.rfind("<") if is_html else -1
    return (kept[:opened] if opened > kept.rfind(">") else kept), True
