"""Values with parameters, written: Content-Type, Content-Disposition (RFC 2045 §5.1, RFC 2231).

("attachment", [("filename", "Giá.pdf")])  →  b" attachment;\\r\\n filename*=utf-8''Gi%C3%A1.pdf"
"""

import re
from collections.abc import Iterable
from typing import Final

PIECE_OCTETS_MAX: Final = 60
"""Of one piece of a long value (RFC 2231 §3)."""
PIECES_MAX: Final = 100

_TOKEN: Final = re.compile(r"[!#$&'*+\-.0-9A-Z^_`a-z{|}~]+")
_QUOTABLE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_ATTRIBUTE_CHARACTERS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~"
)


def write_parameters(value: str, parameters: Iterable[tuple[str, str]]) -> bytes:
    """The whole field value, each parameter on a line of its own; names and value are tokens."""
    lines = [value]
    for name, text in parameters:
        lines += _parameter(name, text)
    return b" " + ";\r\n ".join(lines).encode("ascii")


def _parameter(name: str, text: str) -> list[str]:
    if _TOKEN.fullmatch(text) and len(text) <= PIECE_OCTETS_MAX:
        return [f"{name}={text}"]
    # An encoded word in a quoted string would be decoded by many readers.
    if _QUOTABLE.fullmatch(text) and "=?" not in text and len(text) <= PIECE_OCTETS_MAX:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return [f'{name}="{escaped}"']
    pieces = _pieces(text)
    if len(pieces) == 1:
        return [f"{name}*=utf-8''{pieces[0]}"]
    pieces[0] = f"utf-8''{pieces[0]}"
    return [f"{name}*{number}*={piece}" for number, piece in enumerate(pieces[:PIECES_MAX])]


def _pieces(text: str) -> list[str]:
    """Percent-encoded UTF-8 in pieces; no character is cut in two."""
    pieces = [""]
    for char in text:
        octets = char.encode("utf-8", "replace")
        written = "".join(chr(one) if one in _ATTRIBUTE_CHARACTERS else f"%{one:02X}" for one in octets)
        if len(pieces[-1]) + len(written) > PIECE_OCTETS_MAX:
            pieces.append("")
        pieces[-1] += written
    return pieces
